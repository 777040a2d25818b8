#!/usr/bin/env python3
"""Writes three_nn.csv: interpolation neighbours and weights as other libraries compute them, for tests/neighbors.rs.

usage: three_nn.py           (numpy 1.x and 2.x write the same file)

Coordinates are multiples of 1/64 from a linear congruential sequence, so squared distances are exact in float32 and the
file does not depend on a random generator. The formulas, in float64:

inverse-squared-distance  charlesq34/pointnet2 (utils/pointnet_util.py): 1 / maximum(d², 1e-10), divided by the sum
inverse-distance          erikwijmans/Pointnet2_PyTorch (pointnet2_modules.py) and mmdetection3d (point_fp_module.py):
                          1 / (sqrt(d²) + 1e-8), divided by the sum

First "known" and their number, and one row per point with x, y, z; then one row per query: x, y, z, three indices, three
weights of the first kind and three of the second.
"""
import pathlib

import numpy as np

KNOWN, QUERIES = 90, 120


def points(n, state):
    values = []
    for _ in range(3 * n):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append((state >> 8) % 128 / 64)
    return np.array(values).reshape(n, 3)


known, queries = points(KNOWN, 1), points(QUERIES, 2)
known[40:50] = known[:10]
queries[:15] = known[35:50]
squared = ((queries[:, None] - known[None]) ** 2).sum(2)
nearest = np.argsort(squared, axis=1, kind="stable")[:, :3]
squared = np.take_along_axis(squared, nearest, 1)

with open(pathlib.Path(__file__).with_name("three_nn.csv"), "w") as out:
    out.write(f"known,{KNOWN}\n")
    for row in known:
        out.write(",".join(repr(float(v)) for v in row) + "\n")
    for query, index, d2 in zip(queries, nearest, squared):
        weights = []
        for inverse in (1 / np.maximum(d2, 1e-10), 1 / (np.sqrt(d2) + 1e-8)):
            weights += list(inverse / inverse.sum())
        row = [repr(float(v)) for v in query] + [str(int(i)) for i in index] + [repr(float(w)) for w in weights]
        out.write(",".join(row) + "\n")
