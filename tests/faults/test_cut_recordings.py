"""Recordings that break off: every reader says so and where, and takes what is missing for nothing else."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
from harness.fault_table import Fault
from harness.fixture_types import StartProgram
from harness.program import LIMIT_S, ovtui
from harness.signals import stop
from harness.small_recordings import cut_recording, open_recording, whole_recording
from samples import SECOND

from ovtui.cli.main import run
from ovtui.records.events import LoadEnded
from ovtui.records.recording_state import RecordingState
from ovtui.records.session_file.ending import end_of_file
from ovtui.records.session_file.writer import RecordingProgress

ENDS = {
    "ended by itself": (True, 0),
    "SIGTERM": (True, 130),
    "ended by `ovtui stop`": (True, 0),
    "its engine killed": (True, 1),
    "its host killed": (False, 1),
    "its host stopped, then SIGTERM": (False, 130),
}
"""Whether the recording reaches to the end of its session, and the exit code."""
FAULTS = [
    Fault("a recording that breaks off (host killed, machine off)",
          "'breaks off at 3.8 s of 6 s' in summary, JSON, report, export and on the replay screen", 0, "files"),
    Fault("a recording that breaks off before a load, or after it",
          "'breaks off before a load began', '... after ...'", 0, "files"),
    Fault("a recording of an older ovtui that breaks off", "the same, from its events", 0, "files"),
    Fault("a recording whose newest counts are missing", "not called overloaded", 0, "files"),
    Fault("a session that is still being recorded", "'still being recorded', not 'breaks off'", 0, "files"),
    Fault("the host is killed while it records", "'the host process died'; its recording breaks off, is readable", 1,
          "files"),
    Fault("the disk is full while recording",
          "the load goes on to its end; 'breaks off at ...: the disk is full' in summary and recording", 0, "files"),
    Fault("the disk is full when the recording starts", "no file is left, the load runs", 0, "files"),
    *(
        Fault(f"a recorded run, {how}: whether its recording ended",
              f"the JSON tells {str(ended).lower()}, and so does its recording later", code, "files")
        for how, (ended, code) in ENDS.items()
    ),
]  # fmt: skip
CUT = "breaks off at 3.8 s of 6 s"


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    path = tmp_path / "s.ovtui"
    cut_recording(path)
    return path


def recording_of(path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert run(["replay", str(path), "--json", "-"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)["recording"]
    return found


def test_every_reader_says_where_it_breaks_off(cut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", str(cut)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split(None, 1) == ["recording", CUT]
    assert "380 completed" in " ".join(out.split())
    assert "never came back" not in out
    assert err == ""
    found = recording_of(cut, capsys)
    assert (found["ended"], found["breaks_off_at_s"], found["planned_s"]) == (False, 3.791, 6.0)
    assert (found["reason"], found["damage"], found["text"]) == ("", "", CUT)
    assert run(["report", str(cut), "-o", str(tmp_path / "report")]) == 0
    assert CUT in capsys.readouterr().err
    assert f"| recording | {CUT} |" in (tmp_path / "report.md").read_text()
    assert CUT in (tmp_path / "report.html").read_text()
    for form in ("csv", "jsonl", "trace", "hgrm", "machine"):
        assert run(["export", str(cut), "--to", form]) == 0
        assert capsys.readouterr().err == f"ovtui: {cut}: {CUT}\n"


def test_the_replay_screen_says_so(start: StartProgram, cut: Path) -> None:
    program = start("replay", str(cut), "--speed", "0.1")
    program.wait_for(CUT)
    program.keys("6")
    program.wait_for(lambda text: "[6 history]" in text and CUT in text)
    program.keys("q")
    assert program.wait() == 0


def test_a_whole_recording_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole_recording(tmp_path / "s.ovtui")
    found = recording_of(tmp_path / "s.ovtui", capsys)
    assert found == {
        "ended": True, "breaks_off_at_s": None, "planned_s": None, "reason": "", "damage": "", "text": "",
    }  # fmt: skip


@pytest.mark.parametrize("where", ["before", "after"])
def test_where_there_is_no_load(where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.ovtui"
    writer = open_recording(path)
    if where == "after":
        ended = LoadEnded(t_ns=7 * SECOND, engine=1, reason="duration", submitted=600)
        writer.write([ended], [], RecordingProgress(7 * SECOND, 0, 600, 0))
    else:
        writer._db.execute("DELETE FROM events WHERE kind = 'segment'")
    writer.close()
    text = "breaks off before a load began" if where == "before" else "breaks off after its load had ended"
    found = recording_of(path, capsys)
    assert (found["ended"], found["text"], found["breaks_off_at_s"]) == (False, text, None)


def test_one_of_before_ends_were_recorded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.ovtui"
    cut_recording(path, meta={})
    assert recording_of(path, capsys)["text"] == CUT
    whole_recording(tmp_path / "whole.ovtui")
    with closing(sqlite3.connect(tmp_path / "whole.ovtui", isolation_level=None)) as db:
        db.execute("DELETE FROM meta WHERE key IN ('records_end', 'ended_ns')")
    assert recording_of(tmp_path / "whole.ovtui", capsys)["ended"] is True


def test_what_is_missing_is_not_called_overload(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Little has come back, and by the rate much more was due than the counts say."""
    path = tmp_path / "s.ovtui"
    writer = open_recording(path, 50)
    for t_s in range(2, 7):
        writer.write([], [], RecordingProgress(t_s * SECOND, 0, 52 + t_s, 0))
    writer.close()
    assert run(["replay", str(path)]) == 0
    out = capsys.readouterr().out
    assert "breaks off at 5.0 s of 6 s" in out
    assert "overloaded" not in out


def test_a_session_under_way_does_not_break_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.ovtui"
    writer = open_recording(path, 200)
    found = recording_of(path, capsys)
    assert (found["ended"], found["text"]) == (None, "still being recorded")
    assert run(["export", str(path), "--to", "csv"]) == 0
    assert capsys.readouterr().err == f"ovtui: {path}: still being recorded\n"
    writer.close()
    assert recording_of(path, capsys)["ended"] is False


def recorded(path: Path) -> int:
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return db.execute("SELECT max(rows) FROM progress").fetchone()[0] or 0
    return 0


def run_of(program_env: dict[str, str], path: Path, *more: str) -> subprocess.Popen[bytes]:
    command = ovtui("run", "-d", "CPU", "--rate", "100", "--record", str(path), *more)
    return subprocess.Popen(command, env=program_env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def started_run(program_env: dict[str, str], path: Path, *more: str) -> tuple[subprocess.Popen[bytes], psutil.Process]:
    """A run that has long to go and of which some requests are recorded, and its host."""
    process = run_of(program_env, path, *more)
    until_s = time.monotonic() + LIMIT_S
    while recorded(path) < 50:
        assert time.monotonic() < until_s
        assert process.poll() is None
        time.sleep(0.05)
    return process, next(child for child in psutil.Process(process.pid).children() if "ovtui.host" in child.cmdline())


def test_a_killed_host(program_env: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.ovtui"
    process, host = started_run(program_env, path, "--duration", "60")
    host.send_signal(signal.SIGKILL)
    _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 1
    assert b"the host process died" in err
    found = recording_of(path, capsys)
    assert found["ended"] is False
    assert str(found["text"]).endswith(" s of 60 s")


def test_a_full_disk(program_env: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file of the host may grow any more, which is what a quota does."""
    path = tmp_path / "s.ovtui"
    # Without it Python could write cut off .pyc files, which every later test would load.
    env = {**program_env, "PYTHONDONTWRITEBYTECODE": "1"}
    process, host = started_run(env, path, "--requests", "700", "--json", "-")
    resource.prlimit(host.pid, resource.RLIMIT_FSIZE, (1, 1))
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, err.decode()
    assert b"the recording stops here, measuring goes on: " in err
    result = json.loads(out)
    assert result["requests"]["completed"] == 700
    told = result["recording"]
    assert told["ended"] is False
    assert told["text"].startswith(f"breaks off at {told['breaks_off_at_s']:.1f} s of a load of 700 requests: ")
    found = recording_of(path, capsys)
    assert (found["ended"], found["breaks_off_at_s"]) == (False, told["breaks_off_at_s"])
    assert found["reason"] in (told["reason"], "")


@pytest.mark.parametrize("how", ENDS)
def test_json_tells_whether_the_recording_ended(
    how: str, program_env: dict[str, str], no_leftovers: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The session is over when the JSON is written: it tells the same as its recording does later."""
    path, (ended, code) = tmp_path / "s.ovtui", ENDS[how]
    if how == "ended by itself":
        process = run_of(program_env, path, "--requests", "150", "--json", "-")
    else:
        process, host = started_run(program_env, path, "--duration", "60", "--json", "-")
    match how:
        case "SIGTERM":
            process.terminate()
        case "ended by `ovtui stop`":
            subprocess.run(ovtui("stop"), env=program_env, check=True, stderr=subprocess.DEVNULL)
        case "its engine killed":
            host.children()[0].kill()
        case "its host killed":
            host.kill()
        case "its host stopped, then SIGTERM":
            stop(host.pid)
            process.terminate()
    out, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == code, err.decode()
    told = json.loads(out)["recording"]
    assert told["ended"] is ended
    assert told == recording_of(path, capsys)


def test_the_end_of_a_recording_whose_host_does_not_tell(tmp_path: Path) -> None:
    """Of an older ovtui: its file does."""
    whole_recording(tmp_path / "whole.ovtui")
    cut_recording(tmp_path / "cut.ovtui")
    assert [end_of_file(str(tmp_path / f"{name}.ovtui")) for name in ("whole", "none")] == [RecordingState(True), None]
    cut = end_of_file(str(tmp_path / "cut.ovtui"))
    assert cut is not None
    assert cut.text == CUT


def test_a_disk_that_is_full_at_once(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(sqlite3.Error):
            open_recording(tmp_path / "s.ovtui")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
