#!/usr/bin/env bash
# The leaderboard of three models for docs/rank.md, on a machine that can be had for some minutes only, and that has no
# network:
#
#     bash tests/benchmarks/rank_box.sh FOLDER [SECONDS] [DEVICE]...
#
# FOLDER takes the tables (rank.md, and for each model its JSON and its HTML with the plots); SECONDS (470) is what all of
# it may take; without DEVICE all that OpenVINO lists are ranked, and AUTO. The models: demo-cnn, and of the package
# rapidocr-onnxruntime its classifier and its text detector, for pictures of 640x480. Packages that the machine lacks can
# be carried as wheels in .gpu/, which git ignores, with a script .gpu/setup.sh that installs them and sets PYTHONPATH, as
# for gpu_machine.sh; models may also lie in .gpu/models/. PYTHON names the interpreter (python3).
set -u
cd "$(dirname "$0")/../.."
folder=${1:?the folder for the tables}
total_s=${2:-470}
shift $(($# > 2 ? 2 : $#))
devices=()
for device in "$@"; do devices+=(-d "$device"); done
began_s=$SECONDS
mkdir -p "$folder"
# shellcheck source=/dev/null
[ -f .gpu/setup.sh ] && . .gpu/setup.sh
python=${PYTHON:-python3}
left_s() { echo $((total_s - (SECONDS - began_s))); }

find_model() { # the file of this name in the package, or in .gpu/models
    "$python" - "$1" <<'END'
import importlib.util, pathlib, sys
found = importlib.util.find_spec("rapidocr_onnxruntime")
folders = [*(found.submodule_search_locations or [] if found else []), ".gpu/models"]
print(next((str(path) for folder in folders for path in pathlib.Path(folder).rglob(sys.argv[1])), ""))
END
}

rank() { # NAME, how many models are left, MODEL and its flags
    name=$1 models=$2
    shift 2
    if [ -z "$1" ]; then echo "$name: its model is not here" >&2; return; fi
    # A row is measured for 3 s at most; what is not over when this model's share of the time is up is left out.
    "$python" -m ovtui rank "$@" ${devices[@]+"${devices[@]}"} --point 3s --limit "$(($(left_s) / models))s" --no-record \
        --json "$folder/$name.json" --report "$folder/$name" >"$folder/$name.txt"
    echo "$name: exit code $?" >&2
    if [ -f "$folder/$name.md" ]; then { cat "$folder/$name.md"; echo; } >>"$folder/rank.md"; fi
}

: >"$folder/rank.md"
rank demo-cnn 3 demo-cnn
rank classifier 2 "$(find_model ch_ppocr_mobile_v2.0_cls_infer.onnx)" --shape '[1,3,48,192]'
rank detector 1 "$(find_model ch_PP-OCRv4_det_infer.onnx)" --shape '[1,3,480,640]'
cat "$folder/rank.md"
