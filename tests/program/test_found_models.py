"""Models as people name them: a folder, a path with '~', a file that is no model."""

from __future__ import annotations

import json
import os
from pathlib import Path

from harness.fixture_types import Headless
from harness.onnx_bytes import onnx_bytes
from rig.nets import pointwise_net, save

UNUSABLE = 4


def test_a_folder_by_the_config_file_under_the_home_folder(headless: Headless, program_env: dict[str, str]) -> None:
    folder = Path(program_env["HOME"], "yolo_openvino_model")
    folder.mkdir(parents=True)
    save(pointwise_net(), folder / "openvino_model.xml")
    (folder / "openvino_tokenizer.xml").write_text('<net name="t" version="11"></net>')
    config = Path(program_env["XDG_CONFIG_HOME"], "ovtui", "config.toml")
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text('[settings]\nmodel = "~/yolo_openvino_model"\n')
    done = headless("run", "-d", "CPU", "-n", "5", "--json=~/result.json", "--record=~/session.ovtui")
    assert done.returncode == 0, done.stderr
    assert "also there: openvino_tokenizer.xml" in done.stderr
    result = json.loads(Path(program_env["HOME"], "result.json").read_text())
    assert result["model"]["name"] == "yolo_openvino_model/openvino_model.xml"
    shown = headless("replay", "~/session.ovtui")
    assert "yolo_openvino_model/openvino_model.xml" in shown.stdout.replace("\n", "")


def test_what_is_no_model_is_refused_in_one_sentence(headless: Headless, tmp_path: Path) -> None:
    model = tmp_path / "m.onnx"
    model.write_bytes(onnx_bytes("weights.data"))
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 64\n"
    (tmp_path / "weights.data").write_text(pointer + "0" * 64)  # long enough for OpenVINO to take it
    done = headless("run", str(model), "-d", "CPU", "-n", "5")
    assert done.returncode == UNUSABLE
    assert done.stderr.rstrip().endswith(f"git -C {tmp_path} lfs pull")
    assert done.stderr.count("\n") == 1
    os.mkfifo(tmp_path / "pipe.onnx")  # which nobody writes
    done = headless("run", str(tmp_path / "pipe.onnx"), "-d", "CPU", "-n", "5")
    assert done.returncode == UNUSABLE
    assert "a pipe, not a file" in done.stderr
