#!/usr/bin/env python3
"""Test scans as clouds of random vertices: tools/thin-scans.py ROOMS OUT [VERTICES]

ROOMS is a folder that `scanseg rooms` wrote. Writes its test scans into OUT in the same layout, with at most VERTICES
(50000) vertices each, drawn at random, without faces, and with their labels. Needs numpy.
"""

import shutil
import sys
from pathlib import Path

import numpy as np

TYPES = {"float": "<f4", "uchar": "u1", "ushort": "<u2"}
SPLITS = ["train", "val", "test"]


def read(path):
    """The vertices of a binary PLY file."""
    data = path.read_bytes()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    lines = data[:end].decode().split("\n")
    count = next(int(line.split()[2]) for line in lines if line.startswith("element vertex"))
    properties = [line.split()[1:] for line in lines if line.startswith("property") and " list " not in line]
    return np.frombuffer(data, [(name, TYPES[kind]) for kind, name in properties], count, end)


def write(path, vertices):
    kinds = {np.dtype(code): kind for kind, code in TYPES.items()}
    properties = "".join(f"property {kinds[vertices.dtype[name]]} {name}\n" for name in vertices.dtype.names)
    header = f"ply\nformat binary_little_endian 1.0\nelement vertex {len(vertices)}\n{properties}end_header\n"
    path.write_bytes(header.encode() + vertices.tobytes())


def main(rooms, out, most=50000):
    (out / "splits").mkdir(parents=True, exist_ok=True)
    for name in ["scannetv2-labels.combined.tsv", "roomscan.json"]:
        shutil.copy(rooms / name, out)
    names = (rooms / "splits/scannetv2_test.txt").read_text()
    for split in SPLITS:
        (out / f"splits/scannetv2_{split}.txt").write_text(names if split == "test" else "")
    for name in names.split():
        scan = out / "scans" / name
        scan.mkdir(parents=True, exist_ok=True)
        for file in [f"{name}.txt", "roomscan.json"]:
            shutil.copy(rooms / "scans" / name / file, scan)
        kept = None
        for file in [f"{name}_vh_clean_2.ply", f"{name}_vh_clean_2.labels.ply"]:
            vertices = read(rooms / "scans" / name / file)
            if kept is None:
                kept = np.sort(np.random.default_rng(int(name[5:9])).permutation(len(vertices))[:most])
            write(scan / file, vertices[kept])


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
