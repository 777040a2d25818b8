#!/usr/bin/env python3
"""Which points get no class, by how sure the network must be: tools/no-class.py LABELLED PREPARED_SPLIT

LABELLED has what `scanseg predict` wrote for a folder of scans, SCENE.ply each, by a run with `evaluate.none = 0.0`: the
confidence is the probability of none then. PREPARED_SPLIT is a split of a store with these scenes, such as
rooms-v2-prepared/val. Needs numpy.
"""

import sys
from pathlib import Path

import numpy as np

VERTEX = [("coord", "<f4", 3), ("color", "u1", 4), ("label", "<i4"), ("confidence", "<f4")]
CEILING = 2.2  # metres above the 2nd percentile


def read(path):
    data = path.read_bytes()
    end = data.index(b"end_header\n") + len(b"end_header\n")
    count = next(line.split()[2] for line in data[:end].decode().split("\n") if line.startswith("element vertex"))
    return np.frombuffer(data, VERTEX, int(count), end)


def main(labelled, split):
    none, high, probability = [], [], []
    for path in sorted(Path(labelled).glob("*.ply")):
        vertices = read(path)
        z = vertices["coord"][:, 2]
        none.append(np.load(Path(split) / path.stem / "segment20.npy") < 0)
        high.append(z > np.percentile(z, 2) + CEILING)
        probability.append(vertices["confidence"])
    none, high, probability = map(np.concatenate, (none, high, probability))
    print("least  high  below  of a class  rightly   (percent)")
    for least in (0.3, 0.5, 0.7, 0.9):
        sure = probability >= least
        shares = (sure[none & high], sure[none & ~high], sure[~none], none[sure])
        print(f"{least:5}" + "".join(f"  {100 * share.mean():.2f}" for share in shares))


if __name__ == "__main__":
    main(*sys.argv[1:])
