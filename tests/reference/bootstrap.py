"""Reference values for the bootstrap of crates/segeval, computed with numpy only.

    python3 tests/reference/bootstrap.py            # (re)writes tests/reference/bootstrap/*.json
    python3 tests/reference/bootstrap.py --check    # exits 1 when the committed files differ

For each draw of scenes, the drawn scenes are given to the protocols of segeval_protocols.py as if they were a data set of
their own, in which a scene may occur several times; the crate adds up counts instead. Each file holds two systems of runs
on the same scenes, the draws, and for every metric its value, interval and spread for the first system and for the
difference of both. Undefined values are null.
"""

import json
import sys

import numpy as np

import segeval_protocols as protocols

FOLDER = protocols.FOLDER.with_name("bootstrap")
DRAWS, CONFIDENCE = 25, 0.9


def mean(values):
    return None if any(v is None for v in values) else float(np.mean(values))


def spread(values):
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def less(a, b):
    return None if a is None or b is None else a - b


def summary(value, runs, draws):
    """The runs' own values, and the values of all draws."""
    defined = [v for v in draws if v is not None]
    if value is None or not defined:
        return None
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(defined, [tail, 100 - tail])
    return {"value": value, "low": float(low), "high": float(high), "spread": None if runs is None else spread(runs),
            "undefined": len(draws) - len(defined)}


def case(evaluate, systems, rng):
    scenes = len(systems[0][0])
    draws = rng.integers(0, scenes, (DRAWS, scenes)).tolist()
    evaluated = [[(evaluate(run)["metrics"], [evaluate([run[i] for i in draw])["metrics"] for draw in draws])
                  for run in system] for system in systems]
    estimates, differences = {}, {}
    for metric in evaluated[0][0][0]:
        own = [[whole[metric] for whole, _ in system] for system in evaluated]
        drawn = [[mean([run[i][metric] for _, run in system]) for i in range(DRAWS)] for system in evaluated]
        values = [mean(runs) for runs in own]
        estimates[metric] = summary(values[0], own[0], drawn[0])
        pairs = [less(a, b) for a, b in zip(*own)] if len(own[0]) == len(own[1]) else None
        differences[metric] = summary(less(*values), pairs, [less(a, b) for a, b in zip(*drawn)])
    return {"confidence": CONFIDENCE, "draws": draws, "systems": systems, "estimate": estimates, "difference": differences}


def predicted_again(scenes, rng, classes, right):
    """The same scenes with other predictions."""
    again = []
    for scene in scenes:
        tiles = scene if isinstance(scene, list) else [scene]
        changed = []
        for tile in tiles:
            truth = np.array(tile["truth"], dtype=int)
            guess = rng.choice(classes, len(truth))
            prediction = np.where(rng.random(len(truth)) < right, truth, guess)
            changed.append({**tile, "prediction": prediction.tolist()})
        again.append(changed if isinstance(scene, list) else changed[0])
    return again


def systems_of(scenes, rng, classes, runs):
    return [[predicted_again(scenes, rng, classes, right) for _ in range(count)]
            for count, right in zip(runs, (0.7, 0.5))]


def cases():
    rng = np.random.default_rng(20260404)
    few = list(range(8))
    tiles = [[protocols.random_tile(rng, 25, few, 0.2) for _ in range(n)] for n in (2, 1, 1, 2)]
    # no class occurs here, so a draw of this scene alone would be undefined
    tiles.append([protocols.tile(rng.random((3, 3)), [0, 0, 0], [1, 2, 3], [1, 1, 1])])
    yield "pointnet2-v1", "tiles", protocols.pointnet2_v1, systems_of(tiles, rng, few, (2, 2)), rng
    scenes = protocols.vertices(rng, [30, 20, 40, 5], protocols.NYU40[:6], [0, 13], [0, 13, 37])
    runs = systems_of(scenes, rng, protocols.NYU40[:8] + [0], (3, 1))
    yield "scannet-benchmark", "vertices", protocols.scannet_benchmark, runs, rng
    scenes = protocols.vertices(rng, [1, 1], protocols.SEGMENT[:4], [-1], [-1])
    scenes.append({"truth": [-1, -1], "prediction": [0, 1]})
    runs = systems_of(scenes, rng, protocols.SEGMENT[:6], (1, 1))
    yield "pointcept", "vertices", protocols.pointcept, runs, rng


def main():
    check = "--check" in sys.argv[1:]
    FOLDER.mkdir(parents=True, exist_ok=True)
    different = []
    for protocol, given, evaluate, systems, rng in cases():
        record = {"protocol": protocol, "input": given, **case(evaluate, systems, rng)}
        path = FOLDER / f"{protocol}.json"
        text = json.dumps(record, allow_nan=False, separators=(",", ":")) + "\n"
        if check and (not path.exists() or path.read_text() != text):
            different.append(path.name)
        elif not check:
            path.write_text(text)
    if different:
        print("differ from what this script computes:", ", ".join(different))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
