#!/usr/bin/env python3
"""Write voxel_keys.csv: voxel keys as numpy computes them, for tests/voxels.rs.

usage: voxel_keys.py            (numpy 1.x and 2.x give the same file)

The points are made without a random generator, so that the test can make the same ones: coordinates are multiples of
1/1024 from a linear congruential sequence, exact in float32. One row a point: x, y, z, float32 key, float64 key; then one row
a set: the indices that numpy.unique returns for the float32 keys.
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


with open(pathlib.Path(__file__).with_name("voxel_keys.csv"), "w") as out:
    for seed, (n, span, res) in enumerate(SETS):
        p = points(n, span, seed)
        k32, k64 = keys(p, res), keys(p.astype(np.float64), res)
        assert k32.dtype == np.float32 and k64.dtype == np.float64
        out.write(f"set,{n},{res}\n")
        for row, a, b in zip(p, k32, k64):
            out.write(",".join(repr(float(v)) for v in row) + f",{float(a)!r},{float(b)!r}\n")
        out.write("first," + ",".join(map(str, np.unique(k32, return_index=True)[1])) + "\n")
