"""A rank from the command line: two hints on the CPU, a device that is not there, the exit codes, ctrl+c."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from harness import gpu_sim, leftovers
from harness.fixture_types import Headless
from harness.program import ovtui
from rig.nets import pointwise_net, save, small_net

from ovtui.metrics.rank.schema import RankReport

DEATH_LIMIT_S = 30.0
SHORT = ("rank", "demo-matmul", "--point", "0.5s", "--no-agreement")


def test_two_hints_and_a_device_that_is_not_there(headless: Headless, tmp_path: Path) -> None:
    result, recording, report = tmp_path / "rank.json", tmp_path / "rank.ovtui", tmp_path / "leaderboard"
    done = headless(
        *SHORT, "-d", "NPU", "-d", "CPU", "--json", str(result), "--record", str(recording), "--report", str(report)
    )
    assert done.returncode == 0, done.stderr
    found = msgspec.json.decode(result.read_bytes(), type=RankReport)
    assert [(row.device, row.hint, row.outcome) for row in found.rows[2:]] == [
        ("NPU", "latency", "refused"), ("NPU", "throughput", "refused"),
    ]  # fmt: skip
    assert "no NPU on this machine" in found.rows[2].reason
    served = found.rows[:2]
    assert {(row.point, row.device, row.hint) for row in served} == {(3, "CPU", "latency"), (4, "CPU", "throughput")}
    for row in served:
        assert row.execution_devices == ["CPU"]
        assert (row.throughput or 0) > 0
        assert row.p50_ms is not None
        # Compiled in a process of its own, within the time to its first inference.
        assert row.compile_ms is not None
        assert row.first_inference_ms is not None
        assert 0 < row.compile_ms < row.first_inference_ms
        assert (row.handover_ms, row.device_memory_bytes, row.agreement) == (None, None, None)
        assert row.recording == str(recording)
        assert 0 < row.begin_s < row.until_s
    assert {row.in_flight for row in served if row.hint == "latency"} == {1}
    assert found.ended == "done"
    assert found.text.startswith("fastest: CPU ")
    assert found.text.endswith("; not served: NPU")
    lines = done.stdout.splitlines()
    assert lines[0].split()[:3] == ["device", "hint", "req/s"]
    assert found.text in lines
    assert "NPU latency: refused:" in done.stderr
    assert "rank: row 1 of 4" in done.stderr
    assert "<svg" in report.with_name("leaderboard.html").read_text()
    assert "## Not served" in report.with_name("leaderboard.md").read_text()
    # The recording holds it too.
    again = headless("report", str(recording), "-o", "-")
    assert again.returncode == 0, again.stderr
    assert "## Rank\n\n| device | hint | req/s |" in again.stdout
    assert "| NPU latency | refused: " in again.stdout


def test_where_everything_is_refused_it_is_a_table_and_exit_code_4(headless: Headless, tmp_path: Path) -> None:
    done = headless(*SHORT, "-d", "NPU", "--json", "-")
    assert done.returncode == 4
    found = json.loads(done.stdout)
    assert [row["outcome"] for row in found["rows"]] == ["refused", "refused"]
    # No device serves the model: there is no session that a study could be in.
    model = tmp_path / "bad.xml"
    model.write_text("<net")
    result = tmp_path / "rank.json"
    done = headless("rank", str(model), "-d", "CPU", "-d", "NPU", "--hint", "latency", "--json", str(result))
    assert done.returncode == 4
    found = json.loads(result.read_text())
    assert [(row["device"], row["outcome"]) for row in found["rows"]] == [("CPU", "refused"), ("NPU", "refused")]
    assert "cut short" in found["rows"][0]["reason"]
    assert done.stdout.splitlines()[1].startswith("CPU     latency  refused: ")
    assert "Traceback" not in done.stderr


def test_a_limit_that_no_row_holds_is_exit_code_3(headless: Headless) -> None:
    done = headless(*SHORT, "-d", "CPU", "--hint", "latency", "--slo", "p50<0.0001ms")
    assert done.returncode == 3
    head, row = done.stdout.splitlines()[:2]
    assert row[head.index("limits") :].startswith("MISSED")
    assert "no row is known to hold p50<0.0001ms" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--hint", "fast"), "'fast' is not one of none, latency"),
        (("-d", "CPU;GPU"), "names no device"),
        (("--fallback-device", "CPU"), "leave the fallback out"),
        (("-t", "5"), "--duration: how long it lasts is said by --point, of each row, and --limit, of all of it"),
        (("--point", "0.1s"), "is not a time from 0.5s"),
        (("--report", "/no/such/folder/report"), "there is no folder /no/such/folder"),
        (("--json", "/no/such/folder/rank.json"), "there is no folder /no/such/folder"),
    ],
)
def test_mistakes_are_told_before_anything_is_measured(
    headless: Headless, arguments: tuple[str, ...], words: str
) -> None:
    done = headless(*SHORT, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr


def test_ctrl_c_ends_it_with_what_it_has(program_env: dict[str, str], no_leftovers: None, tmp_path: Path) -> None:
    result = tmp_path / "rank.json"
    with subprocess.Popen(
        ovtui(*SHORT, "-d", "CPU", "--json", str(result)),
        env=program_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        for line in process.stderr:
            if "CPU latency: " in line:
                process.send_signal(signal.SIGINT)
                break
        stdout, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert leftovers.wait_for_end(leftovers.marked(program_env[leftovers.MARK]), DEATH_LIMIT_S) == []
    found = json.loads(result.read_text())
    assert found["ended"] == "stopped"
    assert found["rows"][0]["hint"] == "latency"
    assert "CPU     latency" in stdout


@pytest.mark.rig
def test_what_a_gpu_cannot_compile_is_a_row_with_openvinos_reason(
    headless: Headless, rig_env: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    model, env = save(pointwise_net(1), tmp_path / "net.xml"), rig_env(build_ms=500)
    (Path(env["CLGPU_CTL"]) / "fail_build").touch()
    done = headless(
        "rank", str(model), "--hint", "latency", "-d", "GPU", "-d", "AUTO:GPU,CPU", "--point", "0.5s", "--json", "-",
        env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    auto, gpu = msgspec.json.decode(done.stdout, type=RankReport).rows
    assert (gpu.device, gpu.outcome, gpu.place) == ("GPU", "refused", None)
    assert "build failed" in gpu.reason
    # AUTO stays on the CPU, which needs no comparison with itself.
    assert (auto.device, auto.execution_devices, auto.place) == ("AUTO:GPU,CPU", ["CPU"], 1)
    assert (auto.agreement, gpu.agreement) == (None, None)


@pytest.mark.rig
def test_the_gpu_and_auto_beside_it(headless: Headless, rig_env: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    model = save(small_net(), tmp_path / "net.xml")
    done = headless(
        "rank", str(model), "--hint", "throughput", "-d", "GPU", "-d", "AUTO:GPU,CPU", "--point", "1s", "--json", "-",
        env=rig_env(build_ms=gpu_sim.STANDS_IN_MS),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = {row.device: row for row in msgspec.json.decode(done.stdout, type=RankReport).rows}
    gpu, auto = rows["GPU"], rows["AUTO:GPU,CPU"]
    assert (gpu.execution_devices, auto.execution_devices) == (["GPU.0"], ["GPU.0"])
    assert (gpu.compiled_before, auto.compiled_before) == (False, True)
    # The stand-in makes AUTO's first inference; it is measured once the GPU serves.
    assert gpu.handover_ms is None
    assert auto.first_inference_ms is not None
    assert auto.handover_ms is not None
    assert auto.first_inference_ms < auto.handover_ms
    # What is in flight, and in memory, while the GPU serves: not what its stand-in was compiled with.
    assert gpu.in_flight is not None
    assert gpu.in_flight == auto.in_flight > 4
    assert None not in (gpu.memory_bytes, auto.memory_bytes)
    # Compared once, with the CPU, for both.
    assert (gpu.agreement, auto.agreement) == ("agree", "agree")
    assert gpu.max_relative is not None
    assert gpu.max_relative < 1e-3
