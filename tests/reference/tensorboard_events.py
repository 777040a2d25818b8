"""Checks that TensorBoard reads the event file of a run as metrics.jsonl says.

    python3 tests/reference/tensorboard_events.py RUN      # needs the package tensorboard

RUN is the folder of a run with metrics.jsonl and the file that `scanseg report RUN --tensorboard` or `scanseg train
--tensorboard` wrote. TensorBoard's own reader loads the folder; every scalar has to be there with its step, and equal in
32-bit precision. Exits with 1 at the first difference.
"""

import json
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def expected(run):
    scalars = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        line = json.loads(line)
        if line["kind"] == "step":
            values = {f"train/{name}": line[name] for name in ["loss", "accuracy", "learning_rate"]}
        else:
            values = {f"validation/{name}": value for name, value in line["scores"].items()}
        for tag, value in values.items():
            if value is not None:
                scalars.setdefault(tag, []).append((line["step"], single(value)))
    return scalars


def main():
    run = Path(sys.argv[1])
    reader = EventAccumulator(str(run), size_guidance={"scalars": 0, "tensors": 0})
    reader.Reload()
    # current versions turn simple values into tensors
    found = {tag: [(e.step, e.value) for e in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}
    for tag in reader.Tags()["tensors"]:
        found[tag] = [(e.step, float(e.tensor_proto.float_val[0])) for e in reader.Tensors(tag)]
    wanted = expected(run)
    if found != wanted:
        differing = sorted(set(found) ^ set(wanted)) or [tag for tag in wanted if found[tag] != wanted[tag]]
        sys.exit(f"TensorBoard reads other scalars than metrics.jsonl has: {', '.join(differing)}")
    print(f"{len(wanted)} scalars, {sum(map(len, wanted.values()))} values: as in metrics.jsonl")


if __name__ == "__main__":
    main()
