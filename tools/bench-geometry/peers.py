#!/usr/bin/env python3
"""peers.py WORK: the measurements of Python libraries, one for each line CASE IMPLEMENTATION, see bench.py.

Needs numpy, fpsample, plyfile and orjson.
"""
import hashlib
import sys
import time

import fpsample
import numpy as np
import orjson
import plyfile

work = sys.argv[1]
scene = np.load(f"{work}/scene.npy")
scene64 = scene.astype(np.float64)
chunks = np.load(f"{work}/chunks.npy").reshape(16, -1, 3)
scan = f"{work}/raw/scans/scene9000_00/scene9000_00_vh_clean_2"
labels = np.arange(len(scene)) // 100 % 21


def digest(*arrays):
    data = b"".join(np.ascontiguousarray(a).tobytes() for a in arrays)
    return hashlib.sha256(data).hexdigest()[:12]


def fps(points, count, how):
    if how == "vanilla":
        return fpsample.fps_sampling(points, count, start_idx=0)
    return fpsample.bucket_fps_kdline_sampling(points, count, h=int(how), start_idx=0)


def read_ply():
    ply = plyfile.PlyData.read(f"{scan}.ply", known_list_len={"face": {"vertex_indices": 3}})
    v = ply["vertex"]
    coord = np.stack([v["x"], v["y"], v["z"]], 1)
    color = np.stack([v["red"], v["green"], v["blue"]], 1)
    return coord, color, np.asarray(ply["face"]["vertex_indices"])


def voxels():
    """point_cloud_label_to_surface_voxel_label_fast of PointNet++'s evaluation, as published, in float64."""
    low, high = scene64.min(0), scene64.max(0)
    n = np.ceil((high - low) / 0.02)
    v = np.ceil((scene64 - low) / 0.02)
    keys = v[:, 0] + v[:, 1] * n[0] + v[:, 2] * n[0] * n[1]
    _, first = np.unique(keys, return_index=True)
    return labels[first], first


def run(case, implementation):
    if implementation.startswith("fpsample-"):
        how = implementation.split("-")[1]
        if case == "fps_chunks":
            return lambda: [fps(c, 1024, how) for c in chunks], lambda r: digest(*[i.astype("<u4") for i in r])
        return lambda: fps(scene, 8192, how), lambda r: digest(r.astype("<u4"))
    if implementation == "plyfile":
        return read_ply, lambda r: digest(r[0].astype("<f4"), r[2].astype("<u4"))
    if implementation == "orjson":
        read = lambda: np.array(orjson.loads(open(f"{scan}.0.010000.segs.json", "rb").read())["segIndices"])
        return read, lambda r: digest(r.astype("<u4"))
    if implementation == "numpy":
        return voxels, lambda r: digest(np.sort(r[1]).astype("<u4"))
    raise SystemExit(f"{implementation} does not implement {case}")


for line in sys.stdin:
    call, check = run(*line.split())
    start = time.perf_counter()
    result = call()
    took = (time.perf_counter() - start) * 1e3
    print(took, check(result), flush=True)
