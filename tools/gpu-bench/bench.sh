#!/usr/bin/env bash
# Times scanseg beside PyTorch on a machine with a GPU, and checks its results there, with one command.
#
#   tools/gpu-bench/bench.sh pack [FILE]         build the optimised program and pack it with everything the run needs (scanseg-gpu-bench.tar.gz)
#   ./bench.sh run [OUT]                         on the GPU machine, in the unpacked folder: run everything, results in OUT
#   tools/gpu-bench/bench.sh smoke SCANSEG [OUT] the same with tiny inputs and an existing program
#
# The GPU machine needs NVIDIA's driver and libnvrtc, python3 with torch (and triton) for the comparison, and cc with the CUDA toolkit's CUPTI
# for the times of kernels; no Rust and no network.
# DEVICE selects the device (default cuda), PYTHON the interpreter (default python3).
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
device="${DEVICE:-cuda}"
python="${PYTHON:-python3}"

pack() {
    local root="$here/../.." to="${1:-scanseg-gpu-bench.tar.gz}" dir
    cargo build --release --manifest-path "$root/Cargo.toml" -p scanseg-cli --features cuda
    dir="$(mktemp -d)"
    cp "${CARGO_TARGET_DIR:-$root/target}/release/scanseg" "$root"/configs/{pointnet2-ssg,any-scan}.toml "$here"/bench.sh "$here"/peer.py "$here"/trace.c "$here"/trace.py "$dir"
    tar -czf "$to" -C "$dir" .
    rm -r "$dir"
    echo "packed: $to"
}

# Losses of the last steps of two runs, and their largest difference.
compare() {
    "$python" - "$1" "$2" "$3" <<'P'
import json, sys
def losses(run):
    lines = map(json.loads, open(f"{run}/metrics.jsonl"))
    return [line["loss"] for line in lines if "loss" in line][-int(sys.argv[3]):]
a, b = map(losses, sys.argv[1:3])
apart = [abs(x - y) for x, y in zip(a, b)]
print(f"{len(apart)} steps, losses from {a[0]:.6f} to {a[-1]:.6f}, largest difference {max(apart):.2e} (step {apart.index(max(apart)) + 1})")
P
}

# Where a step's time goes on the device, kernel by kernel, as CUPTI of the CUDA toolkit sees it. $1: program, $2: file, the rest: arguments of
# `scanseg bench`.
kernels() {
    local scanseg="$1" out="$2" dir cupti
    shift 2
    dir="$(mktemp -d)"
    cupti="$(find -L /usr/local/cuda* -name cupti.h -printf '%h\n' -quit 2>/dev/null || true)"
    if [ -z "$cupti" ] || ! cc -O1 -shared -fPIC -I"$cupti" "$here/trace.c" -o "$dir/trace.so" -L"$cupti/../lib" -L"$cupti/../lib64" -lcupti; then
        echo "kernels are not timed: that needs cc and the CUDA toolkit's CUPTI" | tee "$out"
    else
        (
            export CUDA_INJECTION64_PATH="$dir/trace.so" TRACE="$dir/trace" LD_LIBRARY_PATH="$cupti/../lib:$cupti/../lib64:${LD_LIBRARY_PATH:-}"
            "$scanseg" bench "$@" >/dev/null
        )
        if [ -s "$dir/trace" ]; then "$python" "$here/trace.py" "$dir/trace" | tee "$out" || true; else echo "no CUDA kernels" | tee "$out"; fi
    fi
    rm -r "$dir"
}

# Trains one epoch and tells how busy the GPU was. $1: program, $2: name, $3: folder for results, the rest: arguments of `scanseg train`.
pipelined() {
    local scanseg="$1" name="$2" out="$3" sampler="" failed=0 begin
    shift 3
    if command -v nvidia-smi >/dev/null; then
        nvidia-smi --query-gpu=utilization.gpu --format=csv,noheader,nounits -lms 100 >"$out/busy-$name.txt" &
        sampler=$!
    fi
    begin="$(date +%s.%N)"
    "$scanseg" train "$@" --set train.epochs=1 --set train.evaluate_every=0 | tail -5 || failed=$?
    echo "$name: one epoch in $(awk "BEGIN {printf \"%.1f\", $(date +%s.%N) - $begin}") s, compilation included"
    if [ -n "$sampler" ]; then
        kill "$sampler"
        # kernels are compiled at first, when the GPU does little
        awk '{v[NR]=$1} END {f=int(NR/2); for(i=f+1;i<=NR;i++) s+=v[i]; if(NR) printf "GPU busy in the second half (nvidia-smi): %.0f %%\n", s/(NR-f)}' "$out/busy-$name.txt"
    fi
    return "$failed"
}

# Everything. $1: program, $2: folder for results, the rest: changes to the experiment.
everything() {
    local scanseg out="$2" config="$3" repeats="$4" scene="$5" peer="$6" rooms="$7" work="$8" steps="$9" epochs="${10}" whole="${11}"
    scanseg="$(realpath "$1")"
    shift 11
    mkdir -p "$out"
    command -v nvidia-smi >/dev/null && nvidia-smi | tee "$out/nvidia-smi.txt"

    echo "== doctor"
    "$scanseg" doctor | tee "$out/doctor.txt"

    echo "== scanseg bench"
    "$scanseg" bench "$config" --device "$device" --steps "$repeats" --scene "$scene" --json "$out/scanseg.json" "$@" | tee "$out/scanseg.txt"

    echo "== kernels"
    kernels "$scanseg" "$out/kernels.txt" "$config" --device "$device" --steps 16 --scene "$scene" "$@"

    echo "== PyTorch"
    # shellcheck disable=SC2086
    "$python" "$here/peer.py" $peer --repeats "$repeats" --scene "$scene" | tee "$out/peer.jsonl" || echo "the comparison did not run"

    echo "== training with the data pipeline"
    "$scanseg" rooms --out "$work/rooms" --train "$rooms" --val 1 >/dev/null
    "$scanseg" preprocess "$work/rooms" --out "$work/prepared" >/dev/null
    local many=(--data "$work/prepared" --device "$device" --set "train.crops_per_scene=$((repeats * repeats * 4))")
    pipelined "$scanseg" pointnet2-ssg "$out" "$config" "${many[@]}" --out "$work/run" "$@"
    pipelined "$scanseg" any-scan "$out" "$(dirname "$config")/any-scan.toml" "${many[@]}" --out "$work/any-scan" --set train.batch=32 "$@"

    echo "== the same training on the CPU and on $device"
    # An untrained network is chaotic: the last bit of the learning rate changes losses by 0.1 within 30 steps on the same device. So the CPU
    # trains three epochs at the first rate of the recipe, and both continue from there with one at its lowest. Dropout is off, because each
    # device draws its own.
    local same=(--set train.epochs=4 --set train.batch=2 --set "train.crops_per_scene=$((steps * 2 / rooms))" --set model.dropout=0.0
        --set train.class_weights=false --set "train.learning_rate={start=1e-3,decay=0.01,every=$((steps * 6)),floor=1e-9}" --set train.evaluate_every=0)
    "$scanseg" train "$config" --data "$work/prepared" --out "$work/processor" --device cpu --stop-after 3 "$@" "${same[@]}" >/dev/null
    cp -r "$work/processor" "$work/device"
    cp -r "$work/processor" "$work/again"
    local run on
    for run in processor device again; do
        on="$device"
        [ "$run" = processor ] && on=cpu
        "$scanseg" train "$config" --data "$work/prepared" --out "$work/$run" --resume --device "$on" "$@" "${same[@]}" >/dev/null
    done
    compare "$work/processor" "$work/device" "$steps" | tee "$out/trajectory.txt"
    if cmp "$work/device/last.safetensors" "$work/again/last.safetensors"; then
        echo "the same checkpoint twice" | tee "$out/repeat.txt"
    else
        echo "DIFFERENT checkpoints from the same training" | tee "$out/repeat.txt"
    fi

    "$python" - "$out" <<'P' | tee "$out/summary.txt"
import json, os, sys
read = lambda name: [json.loads(l) for l in open(os.path.join(sys.argv[1], name)) if l.startswith("{")]
own, peer = json.load(open(os.path.join(sys.argv[1], "scanseg.json")))["parts"], read("peer.jsonl")
peak = {b["part"]: b["rate"] for b in peer if b["part"].startswith("peak")}
if peak:
    print(f"the card: {peak['peak product'] / 1e12:.1f} TFLOP/s in a large product, {peak['peak copy'] / 1e9:.0f} GB/s in a copy")
for a in own:
    print(f"{a['part']:<24} {a['median'] * 1e3:10.3f} ms   {a['rate']:.3e} {a['unit']}/s   {a['of']}")
    for b in peer:
        if b["part"].split(" (")[0] == a["part"]:
            print(f"  {b['part']:<30} {b['median'] * 1e3:10.3f} ms   {b['median'] / a['median']:.2f} times ours")
    flop = a["of"].rsplit(", ", 1)[-1].removesuffix(" TFLOP")
    if peak and flop != a["of"].rsplit(", ", 1)[-1]:
        reached = float(flop) * 1e12 / a["median"]
        print(f"  {'products alone':<30} {float(flop) * 1e15 / peak['peak product']:10.3f} ms   {100 * reached / peak['peak product']:.0f} % of the large product's rate")
P

    echo "== a whole training: the rooms of \`scanseg rooms\`, $epochs epochs"
    "$scanseg" rooms --out "$work/all" $whole >/dev/null
    "$scanseg" preprocess "$work/all" --out "$work/all-prepared" >/dev/null
    SECONDS=0
    "$scanseg" train "$config" --data "$work/all-prepared" --out "$work/whole" --device "$device" "$@" --set "train.epochs=$epochs" | tail -3
    echo "$epochs epochs in $SECONDS s" | tee "$out/whole.txt"
    "$scanseg" evaluate "$work/whole" --data "$work/all-prepared" --device "$device" | tee "$out/evaluation.txt" | tail -12
}

command="${1:-}"
[ $# -gt 0 ] && shift
case "$command" in
pack) pack "$@" ;;
run)
    work="$(mktemp -d)"
    everything "$here/scanseg" "${1:-results}" "$here/pointnet2-ssg.toml" 20 150000 "--device cuda" 40 "$work" 100 100 "--train 24 --val 6"
    rm -r "$work"
    ;;
smoke)
    work="$(mktemp -d)"
    everything "$1" "${2:-$work/results}" "$here/../../configs/pointnet2-ssg.toml" 2 2000 "--smoke --device cpu --no-compile" 4 "$work" 4 2 "--train 2 --val 1" \
        --set crop.points=1024 --set train.batch=2 --set crop.tries=2
    rm -r "$work"
    ;;
*)
    sed -n '2,10p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'
    exit 2
    ;;
esac
