#!/usr/bin/env python3
"""Times scanseg's geometry and file formats beside other libraries, interleaved (A B A B …).

    python3 -m venv venv && venv/bin/pip install numpy fpsample plyfile orjson
    sudo apt-get install g++ libnanoflann-dev libssl-dev        # nanoflann, and a hash for its results
    python3 tools/bench-geometry/bench.py --python venv/bin/python

Libraries that are not installed are skipped with a message. Everything runs on one thread unless a row names two.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

# case, description, peers by driver, aim for the ratio peer / ours
FPS = [("python", f"fpsample-{h}") for h in (3, 5, 7)]
NANOFLANN = [("cpp", "nanoflann-10"), ("cpp", "nanoflann-32")]
CASES = [
    ("fps_chunks", "FPS 16 x 8192 to 1024", FPS, 4.0),
    ("fps_scene", "FPS 150k to 8192", FPS, 4.0),
    ("ball_chunks", "ball query, 16 chunks", [("rust", "kiddo")] + NANOFLANN, 1.8),
    ("ball_scene", "ball query, 150k with 8192 centers", [("rust", "kiddo")] + NANOFLANN, 1.8),
    ("three_nn_chunks", "3-NN, 16 chunks", NANOFLANN + [("rust", "kiddo")], 1.0),
    ("three_nn_scene", "3-NN, 150k into 8192", NANOFLANN + [("rust", "kiddo")], 1.0),
    ("knn_16_scene", "16-NN of 150k in itself", NANOFLANN + [("rust", "kiddo")], 1.0),
    ("read_ply", "read the mesh (PLY)", [("python", "plyfile"), ("rust", "ply-rs-bw")], None),
    ("segs_json", "segs.json", [("python", "orjson")], None),
    ("voxel_labels", "2 cm voxel labels, as published", [("python", "numpy")], 12.0),
    ("voxel_labels_exact", "2 cm voxel labels, no collisions", [("python", "numpy")], 12.0),
    ("preprocess", "preprocess a scan, with normals", [], None),
    ("preprocess_no_normals", "preprocess a scan, no normals", [], None),
    ("preprocess_many", "many scans, 1 thread, each", [], None),
    ("preprocess_many_2_threads", "many scans, 2 threads, each", [], None),
]
# Other aims than the ratio to the best peer: (case, implementation, ratio), and an upper limit in milliseconds.
RATIOS = [("read_ply", "plyfile", 1 / 1.5), ("read_ply", "ply-rs-bw", 15.0)]
MILLISECONDS = {"preprocess": 30.0}
THREADS = ("preprocess_many", "preprocess_many_2_threads", 1.7)


class Driver:
    """A program that answers `CASE IMPLEMENTATION` with `MILLISECONDS HASH`."""

    def __init__(self, command):
        env = dict(os.environ, OMP_NUM_THREADS="1")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)

    def run(self, case, implementation):
        self.process.stdin.write(f"{case} {implementation}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if len(answer) != 2:
            raise SystemExit(f"{implementation} failed at {case}")
        return float(answer[0]), answer[1]


def build(work, args):
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(HERE, "target"))
    cargo = ["cargo", "build", "--release", "--quiet", "--manifest-path", f"{HERE}/Cargo.toml", "--target-dir"]
    subprocess.run(cargo + [target], check=True)
    # Ours is a normal build and chooses its instructions at run time; kiddo's simd feature needs them at build time.
    native = os.path.join(target, "native")
    subprocess.run(cargo + [native], check=True, env=dict(os.environ, RUSTFLAGS="-C target-cpu=native"))
    ours, peers = (os.path.join(folder, "release", "bench-geometry") for folder in (target, native))
    if not os.path.exists(f"{work}/raw/splits/scannetv2_train.txt"):
        subprocess.run([ours, "prepare", work, str(args.scans)], check=True)
    commands = {"ours": [ours, "serve", work], "rust": [peers, "serve", work]}
    compiled = subprocess.run(
        ["g++", "-O3", "-march=native", "-ffp-contract=off", "-std=c++17", f"{HERE}/nanoflann.cpp", "-lcrypto", "-o", f"{work}/nanoflann"]
    )
    if compiled.returncode == 0:
        commands["cpp"] = [f"{work}/nanoflann", work]
    else:
        print("nanoflann is skipped: install g++, libnanoflann-dev and libssl-dev")
    probe = subprocess.run([args.python, "-c", "import numpy, fpsample, plyfile, orjson"])
    if probe.returncode == 0:
        commands["python"] = [args.python, f"{HERE}/peers.py", work]
    else:
        print("Python libraries are skipped: pip install numpy fpsample plyfile orjson, then pass --python")
    return commands


def measure(commands, wanted, rounds, times, hashes):
    drivers = {name: Driver(command) for name, command in commands.items()}
    for case, _, peers, _ in CASES:
        if wanted and not any(case.startswith(w) for w in wanted):
            continue
        turns = [("ours", "ours")] + [p for p in peers if p[0] in drivers]
        few = 3 if case.startswith("preprocess_many") else rounds
        for r in range(few + (few > 3)):
            for driver, implementation in turns:
                took, digest = drivers[driver].run(case, implementation)
                key = f"{case} {implementation}"
                hashes[key] = digest
                if r or few == 3:  # the first round warms up caches
                    times.setdefault(key, []).append(took)
    for driver in drivers.values():
        driver.process.stdin.close()
        driver.process.wait()


def report(times, hashes):
    median = {key: statistics.median(values) for key, values in times.items()}
    print("| work | ours, ms | peer, ms | peer / ours | aim | same result |\n|---|---|---|---|---|---|")
    for case, what, peers, aim in CASES:
        ours = median.get(f"{case} ours")
        if ours is None:
            continue
        found = [(median[k], p) for _, p in peers if (k := f"{case} {p}") in median]
        best = min(found, default=(None, None))[1]
        if not found:
            most = MILLISECONDS.get(case)
            aimed = f"at most {most:.0f} ms: {'met' if ours <= most else 'MISSED'}" if most else ""
            print(f"| {what} | {ours:.2f} | | | {aimed} | |")
        for took, peer in sorted(found):
            least = next((r for c, p, r in RATIOS if (c, p) == (case, peer)), aim if peer == best else None)
            if case.startswith("ball"):
                least = aim if peer == "kiddo" else None
            if case.startswith(("three", "knn")) and peer == "kiddo":
                least = None
            met = "" if least is None else f"{least:.2f}: {'met' if took / ours >= least else 'MISSED'}"
            same = "yes" if hashes[f"{case} {peer}"] == hashes[f"{case} ours"] else "no"
            print(f"| {what} | {ours:.2f} | {peer} {took:.2f} | {took / ours:.2f} | {met} | {same} |")
    one, two, least = THREADS
    if f"{one} ours" in median and f"{two} ours" in median:
        ratio = median[f"{one} ours"] / median[f"{two} ours"]
        print(f"\n2 threads prepare scans {ratio:.2f} times as fast as 1 (aim {least}: {'met' if ratio >= least else 'MISSED'})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable, help="interpreter with the Python libraries")
    parser.add_argument("--work", default=os.path.join(HERE, "work"), help="folder for inputs and results (3 GB with 300 scans)")
    parser.add_argument("--scans", type=int, default=300, help="number of scans for the measurement with 1 and 2 threads")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=[], help="measure only cases with these prefixes; earlier results of the others are kept")
    parser.add_argument("--build", action="store_true", help="build and write the input, but measure nothing")
    args = parser.parse_args()
    work = os.path.abspath(args.work)
    os.makedirs(work, exist_ok=True)
    commands = build(work, args)
    if args.build:
        return
    kept = f"{work}/times.json"
    times, hashes = json.load(open(kept)) if os.path.exists(kept) else ({}, {})
    for key in list(times):
        if not args.only or any(key.startswith(w) for w in args.only):
            del times[key]
    measure(commands, args.only, args.rounds, times, hashes)
    with open(kept, "w") as file:
        json.dump([times, hashes], file)
    report(times, hashes)


if __name__ == "__main__":
    main()
