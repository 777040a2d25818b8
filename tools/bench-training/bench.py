#!/usr/bin/env python3
"""Times a training step of scanseg and of PyTorch, interleaved, and prints the ratios. See README.md."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--scanseg", default=root / "target/release/scanseg", help="the program [target/release/scanseg]")
parser.add_argument("--python", default=sys.executable, help="a Python with torch")
parser.add_argument("--data", required=True, help="a prepared store, for example scanseg-demo/prepared")
parser.add_argument("--work", default="bench-training", type=pathlib.Path, help="folder for output")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--steps", type=int, default=10)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--blocks", action="store_true", help="also time the networks with LatentGNN and non-local blocks")
args = parser.parse_args()
args.work.mkdir(parents=True, exist_ok=True)
batch = args.work / "batch.safetensors"
CONFIG = "configs/pointnet2-ssg.toml"


def ours(name="ours", config=CONFIG, *more):
    out = args.work / f"{name}.json"
    command = [args.scanseg, "bench", root / config, "--data", args.data, "--steps", args.steps, "--threads", args.threads, "--json", out,
               "--set", "train.batch=4", "--set", 'data.features=["color","normal"]', *more]
    subprocess.run([str(c) for c in command], check=True, stdout=subprocess.DEVNULL)
    return json.loads(out.read_text())


def torch(layout, dropout=0.5):
    command = [args.python, here / "torch_step.py", batch, layout, args.steps, args.threads, dropout]
    return json.loads(subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE).stdout)


# with the same weights and batch and without dropout, the first losses must agree
own = ours("check", CONFIG, "--export", batch, "--set", "model.dropout=0")["first_loss"]
for layout in ["rows", "conv"]:
    loss = torch(layout, 0)["first_loss"]
    print(f"first loss: scanseg {own:.6f}, PyTorch {layout} {loss:.6f}")
    if abs(own - loss) > 1e-4 * abs(loss):
        sys.exit("the programs compute different losses")

runs = {"scanseg": [], "rows": [], "conv": []}
for _ in range(args.rounds):
    runs["scanseg"].append(ours())
    for layout in ["rows", "conv"]:
        runs[layout].append(torch(layout))
step = {name: statistics.median(run["median_ms"] for run in list_) for name, list_ in runs.items()}
memory = {name: statistics.median(run["peak_memory_bytes"] for run in list_) for name, list_ in runs.items()}
print(f"\n| 4 x 8192 points, {args.threads} threads | step, ms | peak memory, MB | ours / its step | ours / its memory |")
print("|---|---|---|---|---|")
names = {"scanseg": "scanseg", "rows": f"PyTorch {runs['rows'][0]['torch']}, rows", "conv": "PyTorch, 1x1 convolutions"}
for name, title in names.items():
    ratios = f"{step['scanseg'] / step[name]:.2f} | {memory['scanseg'] / memory[name]:.2f}" if name != "scanseg" else "|"
    print(f"| {title} | {step[name]:.0f} | {memory[name] / 1e6:.0f} | {ratios} |")
last = runs["scanseg"][-1]
pipelined = statistics.median(run["pipelined_peak_memory_bytes"] for run in runs["scanseg"])
print(f"\nscanseg with its pipeline: at most {pipelined / 1e6:.0f} MB")
median = lambda key: statistics.median(run[key] for run in runs["scanseg"])
seconds = statistics.median(sum(row["ms"] for row in run["operations"]) for run in runs["scanseg"]) / 1e3
flops, moved = (sum(row[key] for row in last["operations"]) for key in ["flops", "bytes"])
print(f"\nwith its pipeline: {median('pipelined_ms'):.0f} ms per step, {100 * median('median_ms') / median('pipelined_ms'):.0f} % of the bare throughput, "
      f"{100 * median('waited_share'):.1f} % of the time waiting")
print(f"roofline: {flops / 1e9:.1f} GFLOP at {last['peak_flops'] / 1e9:.0f} GFLOP/s are {1e3 * flops / last['peak_flops']:.0f} ms, "
      f"{moved / 1e9:.2f} GB at {last['peak_bandwidth'] / 1e9:.0f} GB/s {1e3 * moved / last['peak_bandwidth']:.0f} ms; the operations took {1e3 * seconds:.0f} ms")

if args.blocks:
    configs = {"baseline": "", "+ LatentGNN, 1 kernel": "+latentgnn1", "+ LatentGNN, 3 kernels": "+latentgnn3", "+ non-local": "+nl"}
    times = {name: [] for name in configs}
    for number in range(args.rounds):
        for name, suffix in configs.items():
            times[name].append(ours(f"block{suffix}", f"configs/pointnet2-ssg{suffix}.toml")["median_ms"])
    print("\n| network | step, ms | over the baseline |\n|---|---|---|")
    base = statistics.median(times["baseline"])
    for name, list_ in times.items():
        print(f"| {name} | {statistics.median(list_):.0f} | {100 * (statistics.median(list_) / base - 1):+.0f} % |")
