"""Reference values for the protocols of crates/segeval, computed with numpy only.

    python3 tests/reference/segeval_protocols.py            # (re)writes tests/reference/segeval/*.json
    python3 tests/reference/segeval_protocols.py --check    # exits 1 when the committed files differ

Written from descriptions of the protocols, with boolean masks over pooled arrays of labels where the crate uses confusion
matrices. Each file holds its inputs and the expected outputs. Undefined values are null.
"""

import json
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parent / "segeval"
CLASSES = 20
WEIGHTS = np.array([0.388, 0.357, 0.038, 0.033, 0.017, 0.02, 0.016, 0.025, 0.002, 0.002,
                    0.002, 0.007, 0.006, 0.022, 0.004, 0.0004, 0.003, 0.002, 0.024, 0.029])
NYU40 = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39]
V1 = list(range(1, CLASSES + 1))
SEGMENT = list(range(CLASSES))


# ---- units: points or voxels as (truth, prediction) pairs ------------------------------------------------------------

def core_points(tile):
    core = np.array(tile["core"], dtype=bool)
    coord = np.array(tile["coord"], dtype=np.float32).reshape(-1, 3)[core]
    # Whole-scene evaluation appends an empty float64 array, which promotes the coordinates.
    coord = np.concatenate((coord, np.zeros((0, 3))), axis=0)
    labels = np.array([tile["truth"], tile["prediction"]], dtype=np.int64).T.reshape(-1, 2)[core]
    assert coord.dtype == np.float64
    return coord, labels


def tile_voxels(tile, collide):
    """One (truth, prediction) row per voxel: that of the voxel's first core point."""
    coord, labels = core_points(tile)
    if len(coord) == 0:
        return labels
    low = coord.min(axis=0)
    index = np.ceil((coord - low) / 0.02)
    if collide:
        count = np.ceil((coord.max(axis=0) - low) / 0.02)
        key = index[:, 0] + index[:, 1] * count[0] + index[:, 2] * count[0] * count[1]
        first = np.unique(key, return_index=True)[1]
    else:
        first = np.unique(index, axis=0, return_index=True)[1]
    return labels[first]


def pool(parts):
    return np.concatenate([np.zeros((0, 2), dtype=np.int64)] + list(parts), axis=0)


def annotated(units, ids):
    return units[np.isin(units[:, 0], ids)]


# ---- ratios ----------------------------------------------------------------------------------------------------------

def number(value):
    return None if value is None or not np.isfinite(value) else float(value)


def ratio(a, b):
    return a / b if b > 0 else None


def overall(units):
    return ratio(np.sum(units[:, 0] == units[:, 1]), len(units))


def masks(units, ids):
    return [(units[:, 0] == i, units[:, 1] == i) for i in ids]


def class_accuracies(units, ids):
    return [ratio(np.sum(t & p), np.sum(t)) for t, p in masks(units, ids)]


def class_ious(units, ids):
    return [ratio(np.sum(t & p), np.sum(t | p)) for t, p in masks(units, ids)]


def class_precisions(units, ids):
    return [ratio(np.sum(t & p), np.sum(p)) for t, p in masks(units, ids)]


def class_f1s(units, ids):
    return [ratio(2 * np.sum(t & p), np.sum(t) + np.sum(p)) for t, p in masks(units, ids)]


def mean_where(values, included):
    chosen = [0.0 if v is None else v for v, i in zip(values, included) if i]
    return np.mean(chosen) if chosen else None


def in_truth(units, ids):
    return [t.any() for t, _ in masks(units, ids)]


def in_union(units, ids):
    return [(t | p).any() for t, p in masks(units, ids)]


def majority(units, ids):
    counts = [int(np.sum(t)) for t, _ in masks(units, ids)]
    return int(np.argmax(counts)) if max(counts) > 0 else None


def majority_accuracy(units, ids):
    cls = majority(units, ids)
    return None if cls is None else np.mean(units[:, 0] == ids[cls])


def macros(units, ids):
    present = in_truth(units, ids)
    return {
        "macro-precision": mean_where(class_precisions(units, ids), present),
        "macro-recall": mean_where(class_accuracies(units, ids), present),
        "macro-f1": mean_where(class_f1s(units, ids), present),
    }


def confusion(units, ids):
    matrix = np.zeros((len(ids), len(ids) + 1), dtype=np.int64)
    for truth, prediction in units:
        matrix[ids.index(truth), ids.index(prediction) if prediction in ids else len(ids)] += 1
    return matrix.tolist()


# ---- protocols: scenes -> {metrics, classes, confusion} --------------------------------------------------------------

def result(metrics, classes, points, voxels, ids, **extra):
    return {
        "metrics": {name: number(value) for name, value in metrics.items()},
        "classes": {name: [number(v) for v in values] for name, values in classes.items()},
        "point_confusion": confusion(points, ids),
        "voxel_confusion": None if voxels is None else confusion(voxels, ids),
        **extra,
    }


def tile_classes(points, voxels, ids):
    return {
        "point_accuracy": class_accuracies(points, ids), "point_iou": class_ious(points, ids),
        "point_precision": class_precisions(points, ids), "point_f1": class_f1s(points, ids),
        "voxel_accuracy": class_accuracies(voxels, ids), "voxel_iou": class_ious(voxels, ids),
    }


def pointnet2_v1(scenes):
    tiles = [tile for scene in scenes for tile in scene]
    points = annotated(pool(core_points(tile)[1] for tile in tiles), V1)
    voxels = annotated(pool(tile_voxels(tile, False) for tile in tiles), V1)
    present = np.array(in_truth(voxels, V1))
    accuracies = np.array([0.0 if v is None else v for v in class_accuracies(voxels, V1)])
    calibrated = np.average(accuracies[present], weights=WEIGHTS[present]) if present.any() else None
    metrics = {
        "point-accuracy": overall(points), "voxel-accuracy": overall(voxels),
        "class-point-accuracy": mean_where(class_accuracies(points, V1), in_truth(points, V1)),
        "class-voxel-accuracy": mean_where(class_accuracies(voxels, V1), present),
        "calibrated-voxel-accuracy": calibrated,
        "point-miou": mean_where(class_ious(points, V1), in_truth(points, V1)),
        "voxel-miou": mean_where(class_ious(voxels, V1), present),
        **macros(points, V1),
        "majority-point-accuracy": majority_accuracy(points, V1),
        "majority-voxel-accuracy": majority_accuracy(voxels, V1),
    }
    return result(metrics, tile_classes(points, voxels, V1), points, voxels, V1, tiles_scored=len(tiles))


def batches_scored(scenes, size):
    """The tiles that their loop scores: at most one batch per scene; leftovers go after the next scene's tiles."""
    scored, batch, extra, filling = [], [], [], False
    for scene in scenes:
        batch = batch + list(scene) if filling else list(scene) + extra
        filling = len(batch) < size
        if filling:
            continue
        extra = batch[size:]
        scored += batch[:size]
    return scored


def pointnet2_v1_compat(scenes, batch_size):
    tiles = batches_scored(scenes, batch_size)
    points = annotated(pool(core_points(tile)[1] for tile in tiles), V1)
    voxels = annotated(pool(tile_voxels(tile, True) for tile in tiles), V1)

    def correct_over_seen(units):
        correct = np.array([np.sum(t & p) for t, p in masks(units, V1)])
        seen = np.array([np.sum(t) for t, _ in masks(units, V1)], dtype=float)
        return correct / (seen + 1e-6)

    metrics = {
        "point-accuracy": overall(points), "voxel-accuracy": overall(voxels),
        "class-point-accuracy": np.mean(correct_over_seen(points)),
        "class-voxel-accuracy": np.mean(correct_over_seen(voxels)),
        "calibrated-voxel-accuracy": np.average(correct_over_seen(voxels), weights=WEIGHTS),
        "majority-point-accuracy": majority_accuracy(points, V1),
        "majority-voxel-accuracy": majority_accuracy(voxels, V1),
    }
    return result(metrics, tile_classes(points, voxels, V1), points, voxels, V1, tiles_scored=len(tiles))


def mean_defined(values):
    values = [v for v in values if v is not None]
    return np.mean(values) if values else None


def per_scene_mean(point_scenes, voxel_scenes, ids):
    def over_scenes(of_classes, scenes):
        present = [in_truth(units, ids) for units in scenes]
        values = [of_classes(units, ids) for units in scenes]
        return [mean_defined([v[c] for v, p in zip(values, present) if p[c]]) for c in range(len(ids))]

    def baseline(scenes):
        cls = majority(pool(scenes), ids)
        return None if cls is None else mean_defined([ratio(np.sum(u[:, 0] == ids[cls]), len(u)) for u in scenes])

    metrics, classes = {}, {}
    for kind, scenes in (("point", point_scenes), ("voxel", voxel_scenes)):
        if scenes is None:
            continue
        accuracy, iou = over_scenes(class_accuracies, scenes), over_scenes(class_ious, scenes)
        metrics[f"{kind}-accuracy"] = mean_defined([overall(units) for units in scenes])
        metrics[f"class-{kind}-accuracy"] = mean_defined(accuracy)
        metrics[f"{kind}-miou"] = mean_defined(iou)
        metrics[f"majority-{kind}-accuracy"] = baseline(scenes)
        classes[f"{kind}_accuracy"], classes[f"{kind}_iou"] = accuracy, iou
    classes["point_precision"] = classes["point_f1"] = [None] * len(ids)
    voxels = None if voxel_scenes is None else pool(voxel_scenes)
    return result(metrics, classes, pool(point_scenes), voxels, ids)


def per_scene_mean_tiles(scenes):
    points = [annotated(pool(core_points(tile)[1] for tile in scene), V1) for scene in scenes]
    voxels = [annotated(pool(tile_voxels(tile, False) for tile in scene), V1) for scene in scenes]
    return per_scene_mean(points, voxels, V1)


def vertex_units(scenes):
    return [np.array([s["truth"], s["prediction"]], dtype=np.int64).T.reshape(-1, 2) for s in scenes]


def vertex_classes(units, ids):
    return {"point_accuracy": class_accuracies(units, ids), "point_iou": class_ious(units, ids),
            "point_precision": class_precisions(units, ids), "point_f1": class_f1s(units, ids)}


def scannet_benchmark(scenes):
    units = pool(vertex_units(scenes))
    counts = np.zeros((256, 256), dtype=np.int64)  # over ids, as in the official script
    for truth, prediction in units:
        if truth in NYU40:
            counts[truth, prediction] += 1
    ious = []
    for i in NYU40:
        tp = counts[i, i]
        fn = counts[i, :].sum() - tp
        fp = counts[[j for j in NYU40 if j != i], i].sum()
        ious.append(tp / (tp + fp + fn) if tp + fp + fn else np.nan)
    units = annotated(units, NYU40)
    metrics = {
        "point-miou": None if np.isnan(ious).all() else np.nanmean(ious),
        "class-point-accuracy": mean_where(class_accuracies(units, NYU40), in_truth(units, NYU40)),
        "point-accuracy": overall(units), **macros(units, NYU40),
        "majority-point-accuracy": majority_accuracy(units, NYU40),
    }
    return result(metrics, vertex_classes(units, NYU40), units, None, NYU40)


def pointcept(scenes):
    intersection, union, target = np.zeros((3, CLASSES))
    for units in vertex_units(scenes):
        truth, prediction = units[:, 0], np.where(units[:, 0] == -1, -1, units[:, 1])
        bins = np.arange(CLASSES + 1)
        # numpy's last bin is closed: labels past the last class are taken out first
        area = lambda labels: np.histogram(labels[labels < CLASSES], bins)[0]
        both = area(prediction[prediction == truth])
        intersection, target = intersection + both, target + area(truth)
        union = union + area(prediction) + area(truth) - both
    kept = union > 0
    units = annotated(pool(vertex_units(scenes)), SEGMENT)
    divide = lambda a, b: np.divide(a, b, out=np.zeros(CLASSES), where=b > 0)
    metrics = {
        "point-miou": divide(intersection, union)[kept].mean() if kept.any() else None,
        "class-point-accuracy": divide(intersection, target)[kept].mean() if kept.any() else None,
        "point-accuracy": ratio(intersection.sum(), target.sum()), **macros(units, SEGMENT),
        "majority-point-accuracy": majority_accuracy(units, SEGMENT),
    }
    return result(metrics, vertex_classes(units, SEGMENT), units, None, SEGMENT)


def per_scene_mean_vertices(scenes):
    return per_scene_mean([annotated(units, V1) for units in vertex_units(scenes)], None, V1)


# ---- inputs ----------------------------------------------------------------------------------------------------------

def tile(coord, truth, prediction, core):
    decimals = np.round(np.asarray(coord, dtype=float).reshape(-1, 3), 4)  # short in JSON, and the same as float32
    return {"coord": decimals.tolist(), "truth": np.asarray(truth, dtype=int).tolist(),
            "prediction": np.asarray(prediction, dtype=int).tolist(), "core": np.asarray(core, dtype=int).tolist()}


def random_labels(rng, n, classes, right=0.6):
    truth = rng.choice(classes, n)
    prediction = np.where(rng.random(n) < right, truth, rng.choice(classes, n))
    return truth, prediction


def random_tile(rng, n, classes, extent, grid=None, core=0.8):
    coord = rng.random((n, 3)) * extent
    if grid:
        coord = np.round(coord / grid) * grid
    coord = coord[rng.integers(0, n, n)]  # drawn with replacement: points occur several times
    truth, prediction = random_labels(rng, n, classes)
    return tile(coord, truth, prediction, rng.random(n) < core)


def tile_cases():
    rng = np.random.default_rng(20260101)
    everything = list(range(21))
    yield "tiles_random", 2, [[random_tile(rng, 60, everything, 0.3) for _ in range(n)] for n in (2, 3, 1)]

    # Multiples of 1 and 2 cm lie on voxel borders; small extents make voxels collide. Classes 11.. are absent.
    few = list(range(11))
    yield "tiles_borders", 3, [
        [random_tile(rng, 80, few, [0.1, 0.08, 0.06], 0.02), random_tile(rng, 80, few, [0.1, 0.1, 0.1], 0.01)],
        [random_tile(rng, 60, few, [0.2, 0.3, 0.0], 0.01), random_tile(rng, 60, few, [0.0, 0.06, 0.08], 0.02),
         random_tile(rng, 40, few, [-0.1, -0.1, 7.0], 0.02)],
    ]

    # One tile per batch, so that only the voxels differ between the protocols.
    yield "tiles_collisions", 1, [[random_tile(rng, 90, few, extent, grid)] for extent, grid in
                                  (([0.1, 0.1, 0.1], None), ([0.1, 0.3, 0.05], 0.02), ([0.0, 0.3, 0.3], 0.01))]

    empty = tile([], [], [], [])
    one = tile([[1, 2, 3]], [4], [4], [1])
    one_wrong = tile([[1, 2, 3]], [4], [0], [1])
    margin_only = tile([[0, 0, 0], [1, 1, 1]], [1, 2], [1, 2], [0, 0])
    unannotated = tile(rng.random((6, 3)), [0] * 6, [1, 2, 3, 4, 5, 0], [1] * 6)
    # One voxel, its first point unannotated: no voxel is scored, but one point is. Then the reverse.
    hidden = tile([[0, 0, 0], [0, 0, 0]], [0, 5], [5, 5], [1, 1])
    shown = tile([[0, 0, 0], [0, 0, 0]], [5, 0], [6, 5], [1, 1])
    # The first point of a voxel is in the margin, so the second one represents it.
    after_margin = tile([[0, 0, 0], [0, 0, 0]], [7, 8], [7, 8], [0, 1])
    duplicates = tile([[0.5, 0.5, 0.5]] * 5, [9, 9, 10, 9, 0], [8, 9, 9, 9, 9], [1, 1, 1, 1, 1])
    outside = tile(rng.random((8, 3)), [1, 2, 3, 1, 2, 3, 1, 2], [-1, 21, 255, 0, 2, 3, 1, 0], [1] * 8)
    # Extent 0.04 x 0.04: voxels (2, 0) and (0, 1) have one key when strides are one too short.
    collision = tile([[0, 0, 0], [0.03, 0, 0], [0, 0.01, 0], [0.03, 0.03, 0]], [1, 2, 3, 4], [1, 2, 3, 1], [1] * 4)
    edges = [empty, one, one_wrong, margin_only, unannotated, hidden, shown, after_margin, duplicates, outside, collision]
    yield "tiles_edges", 1, [edges[:1]] + [[e] for e in edges[1:]]
    yield "tiles_edges_one_scene", len(edges), [edges]

    tiny = lambda: random_tile(rng, 4, everything, 0.1, core=0.9)
    yield "tiles_batches", 4, [[tiny() for _ in range(n)] for n in (3, 2, 9, 1, 1, 1, 4, 0, 6, 2, 2, 3)]
    yield "tiles_unfilled_batch", 32, [[random_tile(rng, 10, everything, 0.2)], [random_tile(rng, 10, everything, 0.2)]]
    yield "tiles_unannotated", 1, [[unannotated, margin_only, empty]]
    yield "tiles_none", 32, []
    # Which tiles are lost depends on the queue: the waiting tile goes after the next scene's.
    yield "tiles_batch_order", 4, [[tiny() for _ in range(n)] for n in (5, 5)]


def vertices(rng, sizes, classes, outside_truth, outside_prediction):
    scenes = []
    for n in sizes:
        truth, prediction = random_labels(rng, n, classes)
        truth = np.where(rng.random(n) < 0.15, rng.choice(outside_truth, n), truth)
        prediction = np.where(rng.random(n) < 0.1, rng.choice(outside_prediction, n), prediction)
        scenes.append({"truth": truth.tolist(), "prediction": prediction.tolist()})
    return scenes


def vertex_cases():
    rng = np.random.default_rng(20260202)
    for protocol, ids, ignored in (("scannet-benchmark", NYU40, [0, 13, 40, 50, 149]), ("pointcept", SEGMENT, [-1]),
                                   ("per-scene-mean", V1, [0])):
        # Predictions outside the classes; the official script takes ids up to 255 here, no negative ones
        wrong = [0, 13, 37] if protocol == "scannet-benchmark" else [-1, 21, 40]
        yield protocol, "all_classes", vertices(rng, [120, 80, 40], ids, ignored, wrong)
        yield protocol, "few_classes", vertices(rng, [60, 30, 1], ids[:7], ignored, wrong + ids[5:12])
        yield protocol, "ignored", [{"truth": [ignored[0]] * 5, "prediction": ids[:5]}]
        yield protocol, "empty_scene", [{"truth": [], "prediction": []}, {"truth": ids[:3], "prediction": ids[1:4]}]


def cases():
    for name, batch_size, scenes in tile_cases():
        yield name, {"input": "tiles", "batch_size": batch_size, "scenes": scenes, "expected": {
            "pointnet2-v1": pointnet2_v1(scenes),
            "pointnet2-v1-compat": pointnet2_v1_compat(scenes, batch_size),
            "per-scene-mean": per_scene_mean_tiles(scenes),
        }}
    evaluate = {"scannet-benchmark": scannet_benchmark, "pointcept": pointcept, "per-scene-mean": per_scene_mean_vertices}
    for protocol, name, scenes in vertex_cases():
        expected = {protocol: evaluate[protocol](scenes)}
        yield f"vertices_{protocol}_{name}", {"input": "vertices", "batch_size": 32, "scenes": scenes, "expected": expected}


def main():
    check = "--check" in sys.argv[1:]
    FOLDER.mkdir(exist_ok=True)
    different = []
    for name, case in cases():
        path, text = FOLDER / f"{name}.json", json.dumps(case, allow_nan=False, separators=(",", ":")) + "\n"
        if check and (not path.exists() or path.read_text() != text):
            different.append(path.name)
        elif not check:
            path.write_text(text)
    if different:
        print("differ from what this script computes:", ", ".join(different))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
