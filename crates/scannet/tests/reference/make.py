#!/usr/bin/env python3
"""Labels and arrays by numpy and pandas, for tests/reference.rs: python make.py (numpy, pandas).

labels.json: a random small annotation, its label table and the labels that a plain reading of the rules gives, with
numpy.isin per object in file order (later objects override), independently of the crate's look-up tables.
*.npy: one array as numpy.save writes it, in several types and orders.
"""
import io, json, os
import numpy as np
import pandas as pd

here = os.path.dirname(os.path.abspath(__file__))
rng = np.random.default_rng(7)

NYU20 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39]
IDS200 = {1: 0, 2: 1, 3: 2, 5: 4}  # the few that the table below uses

table = "\t".join(["id", "raw_category", "category", "count", "nyu40id"]) + "\r\n"
rows = [(1, "wall", 1), (2, "office chair", 5), (3, "floor", 2), (5, "desk", 14), (12, "ceiling", 22), (20, "fridge", 24)]
for i, raw, nyu in rows:
    table += f"{i}\t{raw}\t{raw}\t1\t{nyu}\r\n"

n = 240
segments = np.repeat(rng.choice(400, 60, replace=False), 4)
rng.shuffle(segments)
ids = np.unique(segments)
names = [r[1] for r in rows] + ["no such name"]
groups = []
for g in range(14):
    take = rng.choice(ids, rng.integers(1, 7), replace=False)
    groups.append({"id": g, "objectId": g, "segments": take.tolist(), "label": names[g % len(names)]})

frame = pd.read_csv(io.StringIO(table), sep="\t")
nyu40, seg20 = np.zeros(n, int), -np.ones(n, int)
seg200, instance = -np.ones(n, int), -np.ones(n, int)
for g in groups:
    at = np.isin(segments, np.array(g["segments"]))
    row = frame[frame.raw_category == g["label"]]
    nyu = int(row.nyu40id.iloc[0]) if len(row) else 0
    nyu40[at] = nyu
    seg20[at] = NYU20.index(nyu) if nyu in NYU20 else -1
    seg200[at] = IDS200.get(int(row.id.iloc[0]), -1) if len(row) else -1
    instance[at] = g["id"]
out = dict(table=table, segIndices=segments.tolist(), segGroups=groups, nyu40=nyu40.tolist(), segment20=seg20.tolist(),
           segment200=seg200.tolist(), instance=instance.tolist())
json.dump(out, open(os.path.join(here, "labels.json"), "w"))

points = np.array([[0.5, -1.25, 3], [4, 5, 6], [7, 8, 9.75], [-10, 11, 12]])
np.save(os.path.join(here, "points_f4_c.npy"), points.astype("<f4"))
np.save(os.path.join(here, "points_f4_f.npy"), np.asfortranarray(points.astype("<f4")))
np.save(os.path.join(here, "points_f8_f.npy"), np.asfortranarray(points))
np.save(os.path.join(here, "points_big_c.npy"), points.astype(">f4"))
for t in ["i2", "i4", "i8"]:
    np.save(os.path.join(here, f"labels_{t}.npy"), np.array([3, -1, 0, 19], dtype=t))

# What Pointcept's preparation saves of the scan that tests/common/mod.rs makes (shift 0), with its steps in numpy: plyfile
# gives coordinates as columns, hence Fortran order; labels are numpy's default integers.
n = 12
i = np.arange(n)
coord = np.stack([(i // 2).astype("f4") * np.float32(0.02), (i % 2).astype("f4") * np.float32(0.02), np.full(n, 0.5, "f4")])
color = np.stack([i, np.zeros(n), np.full(n, 255)]).astype("f4")
nyu40 = np.repeat([1, 5, 22, 0], 3)
names = {1: 1, 5: 2, 22: 45}  # the table's id of each class
VALID_200 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24, 26, 27, 28, 29, 31, 32, 33, 34, 35, 36,
             38, 39, 40, 41, 42, 44, 45]  # the first of ScanNet200
segment20 = np.array([NYU20.index(c) if c in NYU20 else -1 for c in nyu40])
segment200 = np.array([VALID_200.index(names[c]) if c in names else -1 for c in nyu40])
instance = np.repeat([0, 1, 2, -1], 3)
os.makedirs(os.path.join(here, "pointcept"), exist_ok=True)
for name, array in [("coord", coord.T), ("color", color.T), ("segment20", segment20), ("segment200", segment200), ("instance", instance)]:
    np.save(os.path.join(here, "pointcept", f"{name}.npy"), array)
