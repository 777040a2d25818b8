"""Summarises the stand-in's files: `report.py PTXAS FOLDER DOCTOR`, of `scanseg bench` and of `scanseg doctor`."""
import collections
import glob
import os
import re
import subprocess
import sys

# Kernels that must match the CPU to the bit: no contraction, no approximation, no flushing of subnormal numbers.
EXACT = ("farthest_points_by_boxes", "farthest_points_of_many", "farthest_points", "ball_query_by_planes", "nearest", "cells", "enter", "owners")
INEXACT = re.compile(r"fma\.|div\.(?:approx|full)|(?:rcp|sqrt|rsqrt)\.approx|\.ftz")


def kernels(folder):
    for path in sorted(glob.glob(f"{folder}/*.ptx")):
        text = open(path).read()
        name = re.search(r"\.entry (\w+?)(?:_[0-9a-f]{8})?\(", text)
        yield int(os.path.basename(path)[:-4]), name[1] if name else "a module without a kernel", path, text


def launches(folder):
    names = {number: name for number, name, _, _ in kernels(folder)}
    return [names[int(line.split()[0])] for line in open(f"{folder}/launches")]


def of_a_step(launched):
    """Launches of the last step: those after the previous one, which ends with updates of the weights."""
    ends = [i for i, name in enumerate(launched[:-1]) if name == "adam" != launched[i + 1]]
    return launched[ends[-2] + 1 : ends[-1] + 1]


def main():
    ptxas, run, doctor = sys.argv[1:]
    faults, spills, seen = [], [], []
    for _, name, path, text in [*kernels(run), *kernels(doctor)]:
        seen.append(name)
        done = subprocess.run([ptxas, "-v", "-arch=sm_90a", path, "-o", os.devnull], capture_output=True, text=True)
        said = done.stdout + done.stderr
        if done.returncode:
            faults.append(f"{name} ({path}): {said}")
            continue
        registers = int(re.search(r"Used (\d+) registers", said)[1])
        spilled = int(re.search(r"(\d+) bytes spill stores", said)[1])
        if spilled:
            spills.append(f"{name[:40]}: {registers} registers, {spilled} bytes")
        if name.startswith(EXACT) and (found := INEXACT.search(text)):
            faults.append(f"{name} ({path}) must match the CPU to the bit but has {found[0]}")
        if name.startswith("farthest"):
            print(f"{name}: {registers} registers, {spilled} bytes spilled")
    faults.extend(f"the kernel {name} was not launched" for name in EXACT if name not in seen)
    print(f"{len(seen)} kernels compiled for sm_90a; {len(spills)} spill registers:", *collections.Counter(spills), sep="\n  ")
    step = collections.Counter(of_a_step(launches(run)))
    print(f"\n{sum(step.values())} launches for a step, the most frequent:")
    print(*(f"  {number:5} {name[:60]}" for name, number in step.most_common(15)), sep="\n")
    for fault in faults:
        print("FAULT:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
