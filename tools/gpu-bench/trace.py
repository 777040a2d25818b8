#!/usr/bin/env python3
"""Where the time of a training step goes, from the kernels that trace.c wrote: `trace.py FILE`."""
import collections
import statistics
import sys


def main():
    rows = [line.rstrip("\n").split(" ", 6) for line in open(sys.argv[1])]
    kernels = sorted((int(r[0]), int(r[1]), r[6].split("<")[0], *map(int, r[2:6])) for r in rows)
    # a step has one gradient of the loss
    marks = [i for i, kernel in enumerate(kernels) if kernel[2].startswith("loss_gradient")]
    steps = min(8, len(marks) - 1)
    if steps < 1:
        sys.exit("the trace has no two training steps")
    part = kernels[marks[-1 - steps] : marks[-1]]
    wall = kernels[marks[-1]][0] - part[0][0]
    busy, last = 0, 0
    for start, end, *_ in part:
        busy += max(0, end - max(start, last))
        last = max(last, end)
    print(f"a step: {wall / steps / 1e6:.2f} ms, of which kernels run for {busy / steps / 1e6:.2f} ms ({100 * busy / wall:.0f} %); {len(part) / steps:.0f} launches")
    seen = collections.defaultdict(list)
    for start, end, name, *shape in part:
        # the end of a name is a hash of the types
        seen[name.rsplit("_", 1)[0], *shape].append((end - start) / 1e3)
    print("    share  ms a step  a step   median µs  kernel (cubes × units, registers, bytes of shared memory)")
    for (name, cubes, units, registers, shared), times in sorted(seen.items(), key=lambda item: -sum(item[1]))[:40]:
        total = sum(times)
        print(f"{1e5 * total / busy:7.1f} % {total / steps / 1e3:10.3f} {len(times) / steps:7.1f} {statistics.median(times):11.1f}  {name} ({cubes} × {units}, {registers}, {shared})")


main()
