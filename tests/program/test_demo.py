"""The recordings that come along, replayed by the real program."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from harness.fixture_types import StartProgram
from harness.reading import completed

from ovtui.cli.demo import recordings
from ovtui.records.events import RecordingBegan, SessionBegan
from ovtui.records.session_file.replay import Replay

Headless = Callable[..., subprocess.CompletedProcess[str]]


def test_demo_shows_a_handover_on_a_real_gpu_and_is_marked(start: StartProgram) -> None:
    program = start("demo", "--speed", "5")
    program.wait_for("REPLAY 5x")
    program.wait_for("NVIDIA H200")
    program.wait_for(lambda text: "▌GPU.0▐" in text and completed(text) > 200)
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()
    assert "--presetauto-latency" in "".join(program.text.split())
    assert re.search(r"by device +\(CPU\): 66 ", program.text), "the summary of what was replayed"


def test_what_is_simulated_says_so(start: StartProgram) -> None:
    program = start("demo", "auto-batching-simulated-gpu", "--speed", "5")
    program.wait_for("simulated")
    program.wait_for(lambda text: "▌GPU.0▐" in text and completed(text) > 1500)
    program.keys("q")
    assert program.wait() == 0
    assert "TheGPUissimulated" in "".join(program.text.split())


def test_each_says_its_hardware_and_command_and_replays(headless: Headless) -> None:
    listed = headless("demo", "--list").stdout
    for name in recordings():
        assert name in listed
        shown = headless("demo", name, "--json", "-")
        assert shown.returncode == 0
        assert json.loads(shown.stdout)["requests"]["completed"] >= 20
        assert re.search(r" cores · GPU .+ · ovtui ", shown.stderr)
    assert headless("demo", "nothing").returncode == 2


SERVED_BY_GPU = {"auto-latency": 1934, "auto-throughput": 1927, "gpu-loses": 232, "batching-off": 20}


def test_they_show_what_their_titles_say(headless: Headless) -> None:
    """The seed's experiments: handovers, batches that meet, a timer that runs out."""
    results = {name: json.loads(headless("demo", name, "--json", "-").stdout) for name in recordings()}
    for name, served in SERVED_BY_GPU.items():
        assert results[name]["by_device"]["GPU.0"]["requests"] == served
    for name in ("auto-latency", "auto-throughput", "gpu-loses", "auto-batching-simulated-gpu"):
        [handover] = results[name]["handovers"]
        assert (handover["from"], handover["to"]) == ("(CPU)", "GPU.0")
    assert len(results["three-hints"]["segments"]) == 3
    batching = {name: result["batching"] for name, result in results.items()}
    assert (batching["batching-on"]["size"], batching["batching-on"]["batches"]) == (16, 12)
    assert batching["auto-batching-simulated-gpu"]["batched"] > 100
    found = results["auto-batching-simulated-gpu"]["advice"]
    [advice] = [each for each in found if each["id"] == "gathering-gains-nothing"]
    waited = re.search(r"wait ([\d.]+) of ([\d.]+) ms", advice["text"])
    assert waited is not None
    assert float(waited[1]) < float(waited[2]), "of the GPU's requests, and not of the stand-in's too"
    for name, limit_ms in (("batch-timeout-1000", 1000), ("batch-timeout-100", 110)):
        assert (batching[name]["batched"], batching[name]["timed_out"]) == (0, 19)
        assert results[name]["latency_ms"]["response"]["max"] < limit_ms
    # This GPU batches nothing by itself, which the simulated one does.
    as_expected = {name: result["expectation"]["ok"] for name, result in results.items()}
    assert as_expected == {name: None if name == "auto-throughput" else True for name in recordings()}
    assert results["batch-timeout-1000"]["expectation"]["seen"] == "20 of 20"


def test_together_they_are_under_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in recordings().values()) < 1_000_000


def test_they_do_not_tell_where_they_were_made() -> None:
    for path in recordings().values():
        recording = Replay(str(path))
        recording.seek(recording.end_ns)
        events = recording.poll().events
        recording.close()
        assert [event.machine.system for event in events if isinstance(event, SessionBegan)] == ["Linux"]
        assert [event.path for event in events if isinstance(event, RecordingBegan)] == [path.name]


def test_an_export_that_cannot_be_written_names_the_file(headless: Headless, tmp_path: Path) -> None:
    target = tmp_path / "no-folder" / "out.csv"
    done = headless("export", str(recordings()["batching-off"]), "--to", "csv", "-o", str(target))
    assert done.returncode == 1
    assert done.stderr == f"ovtui: --output {target}: cannot be written: No such file or directory\n"


def test_a_report_is_two_files_or_markdown_on_stdout(headless: Headless, tmp_path: Path) -> None:
    path = str(recordings()["batching-on"])
    assert headless("report", path, "-o", str(tmp_path / "r")).returncode == 0
    assert sorted(found.name for found in tmp_path.iterdir() if found.suffix in (".md", ".html")) == ["r.html", "r.md"]
    printed = headless("report", path, "-o", "-")
    assert printed.returncode == 0
    assert printed.stdout == (tmp_path / "r.md").read_text()
