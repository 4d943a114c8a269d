"""The properties that a command line of benchmark_app sets: those of the benchmark_app in the wheel, which writes them
with -dump_config, and its files of properties both ways."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from openvino import opset13 as op
from openvino.tools.benchmark import main as theirs
from openvino.tools.benchmark.utils import utils as their_utils

from ovtui.cli.benchmark_app.config_file import device_properties, read_config, write_config
from ovtui.cli.benchmark_app.flags import parse
from ovtui.cli.benchmark_app.translated_device import target_of
from ovtui.cli.benchmark_app.translation import translate
from ovtui.engine.model.compile import compile_properties

COMMAND_LINES = [
    "",
    "-d CPU -hint latency",
    "-hint=throughput -api sync",
    "-hint tput -nireq 3",
    "-hint ctput",
    "-hint none",
    "-hint none -nstreams 2 -nthreads 1 -pin NO",
    "-hint none -nstreams CPU:1 -nireq 2",
    "-api sync -nireq 4 -t 1",
    "-infer_precision f32",
    "-b 2",
    "-pc",
    "-pc false",
    "-pcsort sort",
    "-report_type no_counters -report_folder {folder}",
    "-report_type detailed_counters -report_folder {folder}",
    "-exec_graph_path {folder}/graph.xml",
    "-d AUTO -hint latency",
    "-d AUTO:CPU -hint none -nstreams CPU:2 -infer_precision CPU:f32 -nthreads 1 -pin YES",
    "-d MULTI:CPU -hint none -nstreams 2 -nthreads 1",
    "-d HETERO:CPU -nireq 2 -b 1",
    "-load_config {folder}/loaded.json",
    "-load_config {folder}/loaded.json -hint latency -nireq 5",
    "-load_config {folder}/loaded.json -d AUTO:CPU",
]
LOADED = {
    "CPU": {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1", "PERF_COUNT": "NO", "EXECUTION_MODE_HINT": "ACCURACY"},
    "AUTO": {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "DEVICE_PROPERTIES": "{CPU:{INFERENCE_PRECISION_HINT:f32,NUM_STREAMS:1}}",
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("benchmark_app")
    rows = op.parameter([1, 8], np.float32, name="rows")
    ov.save_model(ov.Model([op.relu(rows)], [rows]), path / "model.xml")
    (path / "loaded.json").write_text(json.dumps(LOADED))
    return path


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_the_properties_are_theirs(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["-m", f"{folder}/model.xml", "-niter", "0", *line.format(folder=folder).split()]
    dumped = folder / "dumped.json"
    monkeypatch.setattr(sys, "argv", ["benchmark_app", *words, "-dump_config", str(dumped)])
    monkeypatch.setattr(their_utils.next_step, "step_id", 0)
    with contextlib.redirect_stdout(io.StringIO()):
        theirs.main()
    translation = translate(parse(words))
    wanted = compared(read_config(str(dumped)))
    assert compared(translation.config) == wanted
    device = translation.settings.device
    compiled = compile_properties(translation.settings, device)
    behind = compiled.pop("DEVICE_PROPERTIES", {})
    texts = {key: str(value) for key, value in compiled.items() if key != "LOG_LEVEL"}
    # The layers are profiled in a second engine.
    assert {"PERF_COUNT": "NO", **texts, "DEVICE_PROPERTIES": behind} == {
        **wanted[target_of(device)],
        "PERF_COUNT": "NO",
    }


def compared(config: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Any]]:
    return {
        device: {**properties, "DEVICE_PROPERTIES": device_properties(properties.get("DEVICE_PROPERTIES", ""))}
        for device, properties in config.items()
    }


def test_their_files_load_here(tmp_path: Path) -> None:
    path = tmp_path / "theirs.json"
    behind = ov.properties.device.properties({"CPU": {"NUM_STREAMS": "3"}, "GPU": {"PERF_COUNT": True}})
    config = {
        "CPU": {"PERFORMANCE_HINT": ov.properties.hint.PerformanceMode.LATENCY, "PERF_COUNT": True, "NUM_STREAMS": "2"},
        "AUTO": {behind[0]: behind[1], "PERF_COUNT": False},
    }
    their_utils.dump_config(str(path), config)
    found = read_config(str(path))
    assert found["CPU"] == {"PERFORMANCE_HINT": "LATENCY", "PERF_COUNT": "YES", "NUM_STREAMS": "2"}
    assert found["AUTO"]["PERF_COUNT"] == "NO"
    assert device_properties(found["AUTO"]["DEVICE_PROPERTIES"]) == {
        "CPU": {"NUM_STREAMS": "3"},
        "GPU": {"PERF_COUNT": "YES"},
    }


def test_our_files_load_there(tmp_path: Path) -> None:
    path = tmp_path / "ours.json"
    words = "-m model.xml -d MULTI:CPU,GPU -hint none -nstreams CPU:2,GPU:3 -nireq 4 -b 2 -pc"
    write_config(str(path), translate(parse(words.split())).config)
    found: dict[str, dict[str, ov.OVAny]] = {}
    their_utils.load_config(str(path), found)
    assert {key: value.value for key, value in found["MULTI"].items()} == {
        "DEVICE_PROPERTIES": {"CPU": {"NUM_STREAMS": "2"}, "GPU": {"NUM_STREAMS": "3"}},
        "PERFORMANCE_HINT_NUM_REQUESTS": "4",
        "ALLOW_AUTO_BATCHING": False,
        "PERF_COUNT": True,
    }
