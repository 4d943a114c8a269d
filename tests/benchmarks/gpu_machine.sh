#!/usr/bin/env bash
# The benchmarks on a machine with a GPU that can be had for some minutes only, and that has no network:
#
#     bash tests/benchmarks/gpu_machine.sh FOLDER [SECONDS] [CELLS]
#
# FOLDER takes the logs; SECONDS (540) is what all of it may take; CELLS are words of throughput's --cell ("GPU mlp").
# What was measured when the time is up counts: run it again for more pairs, and put all logs together with
#
#     python tests/benchmarks/all.py --from FOLDER/*.jsonl --write docs/performance.md
#
# Python packages that the machine lacks can be carried as wheels in .gpu/, which git ignores, with a script
# .gpu/setup.sh that installs them and sets PYTHONPATH; it is sourced first where it exists. A real GPU also needs its
# OpenCL driver and a loader (libOpenCL.so.1), and its name in /etc/OpenCL/vendors.
set -u
cd "$(dirname "$0")/../.."
folder=${1:?the folder for the logs}
total_s=${2:-540}
cells=${3:-GPU}
began_s=$SECONDS
mkdir -p "$folder"
# shellcheck source=/dev/null
[ -f .gpu/setup.sh ] && . .gpu/setup.sh
left_s() { echo $((total_s - (SECONDS - began_s))); }

python3 -c "import openvino as ov; core = ov.Core(); print({d: core.get_property(d, 'FULL_DEVICE_NAME') for d in core.available_devices})"
# With a second of measuring a pair of runs takes some 6 s, so that ten pairs of four to six cells fit into a call.
python3 tests/benchmarks/throughput.py --seconds 1 --pairs 10 --native-pairs 2 --cell "$cells" \
    --budget-s $(($(left_s) * 7 / 10)) --json "$folder/throughput.jsonl"
python3 tests/benchmarks/batch_evidence_cost.py --only GPU --seconds 1 --pairs 10 --budget-s "$(left_s)" \
    --json "$folder/batch_evidence_cost.jsonl"
