#!/usr/bin/env bash
# Sets up the simulated GPU in a folder (default ./.gpu-sim): installs what is missing of the Debian packages it rests
# on, builds the layer, writes env.sh. Safe to run again; a layer newer than its source is not built again.
#
#   bash setup.sh [DIR] && . DIR/env.sh
set -euo pipefail

die() { printf 'gpu-sim: %s\n' "$*" >&2; exit 1; }

case "${1:-}" in -*) die "usage: setup.sh [DIR]   (default ./.gpu-sim)" ;; esac
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
[ "$(uname -s)" = Linux ] || die "needs Linux, this is $(uname -s)"
mkdir -p -- "${1:-.gpu-sim}" || die "cannot create ${1:-.gpu-sim}"
dir=$(cd -- "${1:-.gpu-sim}" && pwd)
case $dir in *[:\'\"\$\`\\]*) die "$dir: choose a path without : ' \" \$ \` or \\ in it" ;; esac

# 1. POCL (OpenCL on the CPU), the OpenCL loader, headers, a C compiler.
"$here/../../.dev/packages" pocl-opencl-icd ocl-icd-libopencl1 opencl-c-headers gcc libc6-dev ||
    die "the simulated GPU is not set up, tests that need it are skipped"

# 2. What the rig rests on, wherever it came from.
command -v gcc >/dev/null || die "no gcc: install a C compiler"
icd=/etc/OpenCL/vendors/pocl.icd
[ -r "$icd" ] || die "$icd is missing: is POCL's OpenCL driver installed (pocl-opencl-icd)?"
printf '#include <CL/cl_layer.h>\n' | gcc -DCL_TARGET_OPENCL_VERSION=300 -E - >/dev/null 2>&1 ||
    die "no <CL/cl_layer.h>: the OpenCL headers are missing or older than 3.0 (opencl-c-headers)"

# 3. The layer. Built beside its final name, so that a running user never sees half a file.
src=$here/clgpu_layer.c
lib=$dir/libclgpu_layer.so
if ! [ "$lib" -nt "$src" ]; then
    gcc -O2 -Wall -shared -fPIC -o "$lib.new" "$src" || die "$src does not compile"
    mv -f -- "$lib.new" "$lib"
fi

# 4. Only POCL, even where other OpenCL drivers (a real GPU's) are installed.
mkdir -p -- "$dir/vendors" "$dir/kernel-cache"
cp -f -- "$icd" "$dir/vendors/pocl.icd"
echo '*' >"$dir/.gitignore"

cat >"$dir/env.sh.new" <<END
# Written by tests/rig/setup.sh. Source it:  . "$dir/env.sh"
# OpenVINO then finds one GPU, which is POCL's CPU device in disguise. The knobs (CLGPU_...) are in tests/rig/README.md.
export OPENCL_LAYERS="$lib"
export OCL_ICD_VENDORS="$dir/vendors"
# POCL keeps compiled kernels here. Empty it for a slow first compile.
export POCL_CACHE_DIR="$dir/kernel-cache"
# GB. With POCL's own figure, which follows the machine's memory, OpenVINO may find no room for batches.
export POCL_MEMORY_LIMIT=2
END
mv -f -- "$dir/env.sh.new" "$dir/env.sh"
