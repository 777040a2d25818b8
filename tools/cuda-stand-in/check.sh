#!/usr/bin/env bash
# Compiles every CUDA kernel of a training step on a machine without a GPU, with NVIDIA's own compilers, and counts the step's launches.
#
#   tools/cuda-stand-in/check.sh SCANSEG [CONFIG.toml] [KEY=VALUE ...]
#
# SCANSEG is a program built with `--features cuda`. Needs a C compiler, python3 and PyPI, from which NVIDIA's run-time compiler and assembler come.
# Ends with exit code 1 if a kernel does not compile, or if one of the geometry contracts or approximates arithmetic.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
[ $# -ge 1 ] || { sed -n '2,7p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//'; exit 2; }
scanseg="$(realpath "$1")"
config="$(realpath "${2:-$here/../../configs/pointnet2-ssg.toml}")"
shift $(($# < 2 ? $# : 2))
changes=()
for change in "$@"; do changes+=(--set "$change"); done

work="${CUDA_STAND_IN_WORK:-$(mktemp -d)}"
mkdir -p "$work/lib" "$work/toolkit/include"
echo "in $work"
cc -shared -fPIC -O1 "$here/libcuda.c" -o "$work/lib/libcuda.so"
if [ ! -d "$work/venv" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install -q 'nvidia-cuda-nvrtc-cu12==12.9.*' 'nvidia-cuda-nvcc-cu12==12.9.*' 'nvidia-cuda-runtime-cu12==12.9.*'
fi
nvidia="$(echo "$work"/venv/lib/python3*/site-packages/nvidia)"
for part in cuda_runtime cuda_nvcc; do cp -rsn "$nvidia/$part/include/." "$work/toolkit/include/" 2>/dev/null || true; done

# One step more in the second run: the difference is a step, and a round of what else is timed.
for repeats in 2 3; do
    rm -rf "$work/$repeats"
    mkdir "$work/$repeats"
    CUDA_STAND_IN="$work/$repeats" CUDA_PATH="$work/toolkit" LD_LIBRARY_PATH="$work/lib:$nvidia/cuda_nvrtc/lib" \
        "$scanseg" time "$config" --device cuda --repeats "$repeats" --scene 9000 "${changes[@]}" >/dev/null
done
"$work/venv/bin/python" "$here/report.py" "$nvidia/cuda_nvcc/bin/ptxas" "$work/2" "$work/3"
