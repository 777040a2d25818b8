#!/usr/bin/env python3
"""Scores of an evaluation by sensor: tools/by-sensor.py ROOMS EVALUATION-scenes.json

ROOMS is a folder that `scanseg rooms` wrote; the other file is from `scanseg evaluate --protocol scannet-benchmark`.
Prints, for each sensor and for all, the point accuracy, the mean accuracy of classes and the mean IoU in percent. Needs
Python alone.
"""

import json
import sys
from pathlib import Path


def scores(scenes):
    seen, correct, predicted = (
        [sum(column) for column in zip(*(scene["points"][name] for scene in scenes))]
        for name in ("seen", "correct", "predicted")
    )
    accuracy = sum(correct) / sum(seen)
    present = [c for c in range(len(seen)) if seen[c] > 0]
    mean = sum(correct[c] / seen[c] for c in present) / len(present)
    # as in the protocol, a class that is only predicted counts as 0
    either = [c for c in range(len(seen)) if seen[c] + predicted[c] > 0]
    iou = sum(correct[c] / (seen[c] + predicted[c] - correct[c]) for c in either) / len(either)
    return [100 * value for value in (accuracy, mean, iou)]


def main(rooms, file):
    groups = {}
    for scene in json.loads(Path(file).read_text())["scenes"]:
        text = (Path(rooms) / "scans" / scene["scene"] / f"{scene['scene']}.txt").read_text()
        entries = dict(line.split(" = ", 1) for line in text.splitlines() if " = " in line)
        for group in (entries["sensor"], "all"):
            groups.setdefault(group, []).append(scene)
    print(f"{'sensor':16}{'scans':>6}{'point':>8}{'class':>8}{'mIoU':>8}")
    for group in sorted(groups, key=lambda name: (name == "all", name)):
        values = "".join(f"{value:8.2f}" for value in scores(groups[group]))
        print(f"{group:16}{len(groups[group]):6}{values}")


if __name__ == "__main__":
    main(*sys.argv[1:])
