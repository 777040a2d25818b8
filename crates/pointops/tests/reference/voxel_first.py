#!/usr/bin/env python3
"""Writes voxel_first.csv: the first points of PointNet++'s evaluation voxels as numpy finds them, for tests/voxels.rs.

usage: voxel_first.py           (numpy 1.x and 2.x write the same file)

Coordinates are multiples of 1/1024 from a linear congruential sequence, so the file does not depend on a random generator.
For each set: "set", the number of points and the voxel size; one row per point with x, y, z, exact in float32; then "first"
and the indices that numpy.unique returns for the float64 keys, sorted.
"""
import pathlib

import numpy as np

SETS = [(200, 1024, 0.02), (300, 64, 0.02), (150, 4096, 0.0484), (64, 2**16, 0.02)]


def points(n, span, seed):
    values, state = [], seed
    for _ in range(3 * n):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 8) % span / 1024 - span / 3000)
    return np.array(values, np.float32).reshape(n, 3)


def keys(p, res):
    high, low = np.max(p, axis=0), np.min(p, axis=0)
    nvox = np.ceil((high - low) / res)
    v = np.ceil((p - low) / res)
    return v[:, 0] + v[:, 1] * nvox[0] + v[:, 2] * nvox[0] * nvox[1]


with open(pathlib.Path(__file__).with_name("voxel_first.csv"), "w") as out:
    for seed, (n, span, res) in enumerate(SETS):
        p = points(n, span, seed)
        first = np.unique(keys(p.astype(np.float64), res), return_index=True)[1]
        out.write(f"set,{n},{res}\n")
        for row in p:
            out.write(",".join(repr(float(v)) for v in row) + "\n")
        out.write("first," + ",".join(map(str, np.sort(first))) + "\n")
