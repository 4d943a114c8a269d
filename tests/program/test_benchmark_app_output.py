"""`ovtui benchmark_app` as a script has it: its last lines, read with the patterns that people use, against the
recording of the same run; its files; what it refuses; ctrl+c."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
from math import ceil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openvino as ov
import pytest
from harness.fixture_types import Headless
from harness.program import ovtui
from openvino import opset13 as op

FIGURES = {
    "count": r"Count:\s+(\d+) iterations",
    "duration_ms": r"Duration:\s+([\d.]+) ms",
    "average": r"Average:\s+([\d.]+) [mu]s",
    "least": r"Min:\s+([\d.]+) [mu]s",
    "most": r"Max:\s+([\d.]+) [mu]s",
    "fps": r"Throughput:\s+([\d.]+) FPS",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """[?,16], two layers."""
    data = op.parameter([-1, 16], np.float32, name="data")
    data.output(0).set_names({"data"})
    product = op.matmul(data, op.constant(np.eye(16, dtype=np.float32)), False, False)
    path = tmp_path_factory.mktemp("model") / "tiny.xml"
    ov.save_model(ov.Model([op.result(op.softmax(op.relu(product), 1))], [data], "tiny"), path)
    return str(path)


def figures_of(stdout: str) -> dict[str, float]:
    found = {name: re.findall(pattern, stdout) for name, pattern in FIGURES.items()}
    assert all(len(each) == 1 for each in found.values()), stdout
    return {name: float(each[0]) for name, each in found.items()}


def percentile(stdout: str, name: str) -> tuple[float, str]:
    found = re.search(rf"{name}:\s+([\d.]+) ([mu]s)", stdout)
    assert found is not None, stdout
    return float(found[1]), found[2]


def test_the_last_lines_are_those_of_its_recording(headless: Headless, model: str, tmp_path: Path) -> None:
    recording = tmp_path / "run.ovtui"
    done = headless(
        "benchmark_app", "-m", model, "-d=CPU", "-b", "4", "-niter", "41", "-nireq", "3", "-latency_percentile",
        "50,95", "--record", str(recording),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert all(line.startswith(("[ INFO ]", "[Step ")) for line in lines)
    steps = [line for line in lines if line.startswith("[Step ")]
    assert [int(re.findall(r"\d+", line)[0]) for line in steps] == list(range(1, 12))
    assert "(Start inference asynchronously, 3 inference requests, limits: 42 iterations)" in steps[9]
    assert lines[-10].startswith("[ INFO ] Execution Devices:['CPU']")
    assert lines[-1].startswith("[ INFO ] Throughput:   ")

    exported = headless("export", str(recording), "--to", "csv")
    rows = list(csv.DictReader(io.StringIO(exported.stdout)))
    first, loop = rows[0], rows[1:]
    assert "first" in first["state"]
    assert f"First inference took {float(first['inference_ms']):.2f} ms" in done.stdout
    values_ms = sorted(float(row["inference_ms"]) for row in loop)
    in_us = sum(values_ms) / len(values_ms) < 1
    factor, unit = (1e3, "us") if in_us else (1, "ms")
    found = figures_of(done.stdout)
    assert found["count"] == len(loop) == 42
    assert found["fps"] == pytest.approx(42 * 4 * 1e3 / found["duration_ms"], rel=0.01)
    for name, percent in (("Median", 50), ("95 percentile", 95)):
        value, told_unit = percentile(done.stdout, name)
        assert told_unit == unit
        assert value == pytest.approx(values_ms[ceil(42 * percent / 100) - 1] * factor, abs=0.01)
    assert found["least"] == pytest.approx(values_ms[0] * factor, abs=0.01)
    assert found["most"] == pytest.approx(values_ms[-1] * factor, abs=0.01)
    assert found["average"] == pytest.approx(sum(values_ms) / 42 * factor, abs=0.01)


def test_reports_and_counters(headless: Headless, model: str, tmp_path: Path) -> None:
    graph = tmp_path / "graph.xml"
    done = headless(
        "benchmark_app", "-m", model, "-d", "CPU", "-shape", "[2,16]", "-niter", "20", "-nireq", "2", "-pcsort", "sort",
        "-report_type", "average_counters", "-json_stats", "-report_folder", str(tmp_path), "-exec_graph_path",
        str(graph), "--no-record",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "benchmark_report.json").read_bytes())
    assert report["cmd_options"]["-niter"] == "20"
    assert report["configuration_setup"]["number of parallel infer requests"] == "2"
    found = figures_of(done.stdout)
    assert report["execution_results"]["total number of iterations"] == "20"
    assert float(report["execution_results"]["throughput"]) == found["fps"]
    counters = json.loads((tmp_path / "benchmark_average_counters_report.json").read_bytes())
    nodes = counters["avg_performance"]["nodes"]
    in_graph = {each.get("name") for each in ElementTree.parse(graph).iter("layer")}
    assert len(nodes) > 3
    assert {node["name"] for node in nodes if node["status"] == "Status.EXECUTED"} <= in_graph
    in_order = json.loads((tmp_path / "benchmark_sorted_report.json").read_bytes())["avg_performance"]["nodes"]
    assert sorted(node["name"] for node in in_order) == sorted(node["name"] for node in nodes)
    assert "[ INFO ] Performance counts sorted for 0-th infer request" in done.stdout
    # The timed one is not profiled.
    assert "[ INFO ]   PERF_COUNT: NO" in done.stdout


def test_each_data_shape_has_its_latency(headless: Headless, model: str) -> None:
    done = headless(
        "benchmark_app", "-m", model, "-d", "CPU", "-data_shape", "[1,16][3,16]", "-niter", "8", "-nireq", "2",
        "-pcseq", "-layout", "[NC]", "--no-record",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "[ INFO ] Defined 2 tensor groups:" in done.stdout
    head, _, of_groups = done.stdout.partition("[ INFO ] Latency for each data shape group:")
    assert re.findall(r"^\[ INFO \] (\d\..*)$", of_groups, re.MULTILINE) == ["1. data: [1,16]", "2. data: [3,16]"]
    assert of_groups.count("   Median:     ") == 2
    found = {name: re.findall(FIGURES[name], done.stdout) for name in ("count", "duration_ms", "fps")}
    assert found["count"] == ["8"]
    # Four requests of one frame, four of three.
    assert float(found["fps"][0]) == pytest.approx(16e3 / float(found["duration_ms"][0]), rel=0.01)
    assert "Median:        " in head


def test_a_compile_alone(headless: Headless, model: str, tmp_path: Path) -> None:
    flags = ("-report_type", "no_counters", "-json_stats", "-report_folder", str(tmp_path))
    done = headless("benchmark_app", "-m", model, "-niter", "0", *flags)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "[Step 10/11] Measuring performance (skipped)" in lines
    report = json.loads((tmp_path / "benchmark_report.json").read_bytes())
    assert "configuration_setup" not in report
    told = {name: report["execution_results"][f"{name} model time (ms)"] for name in ("read", "compile")}
    assert f"[ INFO ] Read model took {told['read']} ms" in lines
    assert f"[ INFO ] Compile model took {told['compile']} ms" in lines
    assert headless("benchmark_app", "-m", str(tmp_path / "none.xml"), "-niter", "0").returncode == 4


def test_a_rate_is_of_frames(headless: Headless, model: str) -> None:
    done = headless(
        "benchmark_app", "-m", model, "-d", "CPU", "-shape", "[4,16]", "-layout", "[NC]", "-max_irate", "200", "-niter",
        "20", "--no-record",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = figures_of(done.stdout)
    # 50 requests a second: the last one is due 380 ms after the first, and not 95 ms.
    assert found["duration_ms"] > 190
    assert found["fps"] == pytest.approx(found["count"] * 4e3 / found["duration_ms"], rel=0.01)


def test_devices_and_models_on_which_benchmark_app_fails(headless: Headless, model: str) -> None:
    done = headless(
        "benchmark_app", "-m", model, "-shape", "[1,16]", "-d", "BATCH:CPU(4)", "-nireq", "4", "-niter", "16",
        "--no-record",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert figures_of(done.stdout)["count"] == 16


def test_what_is_refused_before_the_run(headless: Headless, model: str, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for flags, says in (
        (("-report_type", "no_counters", "-report_folder", str(folder / "none")), "there is no such folder"),
        (("-exec_graph_path", str(folder)), "that is a folder; name a file"),
        (("-dump_config", str(folder / "none" / "c.json")), "there is no folder"),
    ):
        done = headless("benchmark_app", "-m", model, "-niter", "1", *flags)
        assert done.returncode == 2, done.stderr
        assert says in done.stderr.splitlines()[-1]
        assert done.stdout == ""
    assert list(folder.iterdir()) == []


def test_a_run_without_a_result_says_why_in_its_report(headless: Headless, tmp_path: Path) -> None:
    flags = ("-report_type", "no_counters", "-json_stats", "-report_folder", str(tmp_path))
    done = headless("benchmark_app", "-m", str(tmp_path / "none.xml"), "-niter", "4", *flags)
    assert done.returncode == 4
    assert "Throughput" not in done.stdout
    report = json.loads((tmp_path / "benchmark_report.json").read_bytes())
    assert "no such model file" in report["execution_results"]["error"]


def test_ctrl_c_prints_what_was_measured(
    program_env: dict[str, str], no_leftovers: None, model: str, tmp_path: Path
) -> None:
    reports = ("-report_type", "no_counters", "-json_stats", "-report_folder", str(tmp_path))
    command = ovtui("benchmark_app", "-m", model, "-shape", "[1,16]", "-t", "600", "-pc", *reports, "--no-record")
    with subprocess.Popen(
        command, env=program_env, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "First inference took" in line:
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    stdout = "".join(lines)
    assert figures_of(stdout)["count"] > 0
    assert stdout.splitlines()[-1].startswith("[ INFO ] Throughput:")
    assert "Performance counts" not in stdout
    report = json.loads((tmp_path / "benchmark_report.json").read_bytes())
    assert report["execution_results"]["error"] == "interrupted"


def test_the_help_names_every_flag(headless: Headless) -> None:
    from ovtui.cli.benchmark_app.flag_table import FLAGS

    done = headless("benchmark_app", "-h")
    assert done.returncode == 0
    assert [flag.name for flag in FLAGS if f"  {flag.shown}" not in done.stdout] == []
    assert headless("benchmark_app", "--help").stdout == done.stdout


def test_what_scripts_read_of_devices_memory_and_pictures(headless: Headless, tmp_path: Path) -> None:
    image = op.parameter([4, 1, 28, 28], np.float32, name="image_node")
    image.output(0).set_names({"image"})
    path = tmp_path / "grey.xml"
    ov.save_model(ov.Model([op.result(op.relu(image))], [image], "grey"), path)
    graph = tmp_path / "made" / "graph.xml"
    done = headless("benchmark_app", "-m", str(path), "-niter", "8", "-nireq", "2", "-shape", "", "-exec_graph_path",
                    str(graph), "--no-record")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "-shape: it is empty, and counts as not given" in done.stderr
    assert f"[ INFO ] Device info:\n[ INFO ] CPU\n[ INFO ] {'Build ':.<39} {ov.get_version()}\n" in done.stdout
    assert "[ INFO ]     image (node: image_node) : f32 / [...] / [4,1,28,28]\n" in done.stdout
    peaks = [int(found) for found in re.findall(r"of compilation memory usage: Peak (\d+) KB", done.stdout)]
    assert len(peaks) == 2
    assert f"[ INFO ] Compile model ram used {peaks[1] - peaks[0]} KB\n" in done.stdout
    found = figures_of(done.stdout)
    assert found["fps"] == pytest.approx(8 * 4e3 / found["duration_ms"], rel=0.02)
    assert ElementTree.parse(graph).getroot().tag == "net"
