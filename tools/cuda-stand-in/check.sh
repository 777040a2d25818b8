#!/usr/bin/env bash
# Compiles every CUDA kernel of a training step without a GPU, with NVIDIA's compilers, and counts the launches of a step.
#
#   tools/cuda-stand-in/check.sh SCANSEG [CONFIG.toml] [KEY=VALUE ...]
#
# SCANSEG is a program built with `--features cuda`. Needs a C compiler, python3 and PyPI, for NVIDIA's run-time compiler and assembler.
# The exit code is 1 if a kernel does not compile, or if a geometry kernel contracts or approximates arithmetic.
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
if ! compgen -G "$work/venv/lib/python3*/site-packages/nvidia/cuda_nvcc/bin/ptxas" >/dev/null; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install -q 'nvidia-cuda-nvrtc-cu12==12.9.*' 'nvidia-cuda-nvcc-cu12==12.9.*' 'nvidia-cuda-runtime-cu12==12.9.*'
fi
nvidia="$(echo "$work"/venv/lib/python3*/site-packages/nvidia)"
for part in cuda_runtime cuda_nvcc; do cp -rsf "$nvidia/$part/include/." "$work/toolkit/include/"; done

run() {
    rm -rf "${work:?}/$1"
    mkdir "$work/$1"
    CUDA_STAND_IN="$work/$1" CUDA_PATH="$work/toolkit" LD_LIBRARY_PATH="$work/lib:$nvidia/cuda_nvrtc/lib" "$scanseg" "${@:2}" >/dev/null
}
run bench bench "$config" --device cuda --steps 2 --scene 9000 ${changes[@]+"${changes[@]}"}
# For kernels that a step does not use. It reports all results as wrong, of course.
run doctor doctor 2>/dev/null || true
"$work/venv/bin/python" "$here/report.py" "$nvidia/cuda_nvcc/bin/ptxas" "$work/bench" "$work/doctor"
