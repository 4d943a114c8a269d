"""`ovtui follow`: its lines, how it waits, and how it ends, over sessions that never ran."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from fake_source import FakeSource
from harness.small_recordings import cut_recording, whole_recording
from samples import SECOND, records, started, update

from ovtui.cli import following
from ovtui.cli.exits import Exit
from ovtui.cli.main import run
from ovtui.cli.replay import digest_of, open_recording
from ovtui.host.session_finding import Found
from ovtui.metrics.digest import Digest
from ovtui.metrics.following.now_line import FollowedSession
from ovtui.metrics.handover.device_state import device_indicator
from ovtui.metrics.result.build import build_result
from ovtui.records.events import EngineFailed, Event, LoadEnded, Note, RecordingBegan, ThrottleBegan
from ovtui.records.following import Block, Ended, FollowLine, Now, Waiting, from_line
from ovtui.records.machine_readings import MachineReading
from ovtui.records.source import HostState, Update
from ovtui.settings.schema.settings import Settings

DOCUMENT = (Path(__file__).parents[3] / "docs" / "sessions.md").read_text(encoding="utf-8")


class FakeSession:
    """An AttachedSession that gives these updates, one a poll, the last one again and again."""

    session = "s1"

    def __init__(self, updates: Sequence[Update]) -> None:
        self._updates = list(updates)
        self._pipe = os.pipe()
        self.closed = False

    def fileno(self) -> int:
        return self._pipe[0]

    def poll(self) -> Update:
        if len(self._updates) > 1:
            return self._updates.pop(0)
        last, self._updates = self._updates[0], [_again(self._updates[0])]
        return last

    def close(self) -> None:
        self.closed = True
        for fd in self._pipe:
            os.close(fd)


def _again(last: Update) -> Update:
    return update(None, now_s=last.now_ns / SECOND, submitted=last.submitted, finished=last.finished,
                  host_gone=last.host_gone, host=last.host)  # fmt: skip


def load(requests: int = 2000, settings: Settings | None = None, **last: Any) -> list[Update]:
    """A session from its start to the end of its load: of 200 requests a second."""
    settings = settings or Settings(device="CPU", warm_up="none")
    rows = records(500 + np.arange(requests) * 5.0, 4.0, segment=1)
    end_s = 0.5 + requests * 0.005
    ended = LoadEnded(t_ns=int(end_s * SECOND), engine=1, reason="duration", submitted=requests)
    begin = [*started(settings, execution=["CPU"]), RecordingBegan(t_ns=0, path="/tmp/r.ovtui", limit_bytes=1 << 30)]
    return [
        update(None, *begin, now_s=0.4),
        update(rows[:1000], now_s=0.5 + min(requests, 1000) * 0.005, submitted=min(requests, 1000)),
        update(rows[1000:], ended, now_s=end_s, submitted=requests),
        update(None, now_s=end_s, submitted=requests, finished=True, **last),
    ]


@pytest.fixture
def follow(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Any:
    """`follow(updates)`: runs the command over a session of these updates; the code, the lines and stderr."""

    def followed(
        updates: Sequence[Update], *arguments: str, found: Sequence[Found] = (Found("s1"),)
    ) -> tuple[int, list[FollowLine], str]:
        answers, session = list(found), FakeSession(updates)
        monkeypatch.setattr(following, "_find", lambda *_: answers.pop(0) if len(answers) > 1 else answers[0])
        monkeypatch.setattr(following, "_attach", lambda *_: session)
        code = run(["follow", "--every", "0.1s", *arguments])
        out, err = capfdbinary.readouterr()
        assert not updates or session.closed
        return code, [from_line(line) for line in out.splitlines()], err.decode()

    return followed


def test_it_waits_tells_how_it_stands_and_ends_with_the_result(follow: Any) -> None:
    none = Found(why="no session is running")
    code, lines, err = follow(load(), "--wait", "60", found=[none, none, Found("s1")])
    assert (code, err) == (0, "")
    assert isinstance(lines[0], Waiting)
    assert all(isinstance(line, Now) for line in lines[1:-1] if not isinstance(line, Waiting))
    ended = lines[-1]
    assert isinstance(ended, Ended)
    assert (ended.session, ended.code, ended.text, ended.recording) == ("s1", 0, "", "/tmp/r.ovtui")
    assert ended.result is not None
    assert ended.result["requests"]["completed"] == 2000
    blocks: list[Block] = [block for line in lines if isinstance(line, Now | Ended) for block in line.blocks]
    assert [block.number for block in blocks] == [0, 1, 2, 3, 4]


def test_the_result_is_that_of_run(follow: Any) -> None:
    _, lines, _ = follow(load())
    digest = Digest()
    for each in load():
        digest.feed(each)
    assert lines[-1].result == json.loads(msgspec.json.encode(build_result(digest)))


@pytest.mark.parametrize(
    ("updates", "code", "text"),
    [
        (load(settings=Settings(device="CPU", slo="p99<3ms", warm_up="none")), 3, "slo: p99<3ms MISSED"),
        (load(100, settings=Settings(device="CPU", slo="p99<30ms", warm_up="none")), 3, "not known is not held"),
        (load(host_gone=True), 1, "the host process died; its figures reach until then"),
        (load(host=HostState(ended="it was ended by a signal to its host", signalled=True)), 130, "by a signal"),
        (load(host=HostState(ended="session s1 was ended by another view")), 0, "another view"),
        (
            [update(None, *started()[:2], EngineFailed(t_ns=1, engine=1, reason="no such file", unusable=True),
                    now_s=1.0, finished=True)],
            4, "no such file",
        ),
    ],
    ids=["a limit missed", "a limit not known", "host died", "signal", "stopped", "engine failed"],
)  # fmt: skip
def test_it_ends_with_the_code_of_run(updates: list[Update], code: int, text: str, follow: Any) -> None:
    own, lines, err = follow(updates)
    assert (own, err) == (0, "")
    assert isinstance(lines[-1], Ended)
    assert lines[-1].code == code
    assert text in lines[-1].text
    assert (lines[-1].result is None) == (code == 4)


def test_no_session_is_a_sentence(follow: Any) -> None:
    code, lines, err = follow([], found=[Found(why="there is no session abc")])
    assert (code, lines) == (1, [])
    assert err == "ovtui: there is no session abc\n"
    code, lines, err = follow([], "--wait", "60", found=[Found(why="several sessions are running", ambiguous=True)])
    assert code == Exit.USAGE


def test_a_host_that_does_not_answer_is_waited_for_and_told(follow: Any) -> None:
    silent = Found(why="the host of session s1 does not answer for 4 s", all_answered=False)
    _, lines, _ = follow(load(), "--wait", "60", found=[silent, Found("s1")])
    assert lines[0].text == silent.why


def test_a_host_that_falls_silent_is_told_in_a_line() -> None:
    followed = FollowedSession()
    for each in load()[:2]:
        followed.feed(each)
    followed.feed(update(None, now_s=9.0, submitted=1000, host=HostState(silent="the host does not answer")))
    assert followed.now("s1").text == "the host does not answer"


@pytest.mark.parametrize("arguments", [["--every", "0s"], ["--every", "x"], ["abc", "--record", "r.ovtui"]])
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["follow", *arguments]) == Exit.USAGE
    assert capsys.readouterr().err.count("\n") == 1


def test_the_figures_are_those_of_the_dashboard() -> None:
    source, followed = FakeSource(batch=4), FollowedSession()
    for _ in range(40):
        source.advance(0.25)
        followed.feed(source.poll())
    snapshot = followed.digest.snapshot()
    now, shares = followed.now("s1"), snapshot.batches
    response = snapshot.segment_latency["response"]
    assert response.p99 is not None
    assert (now.throughput, now.p50_ms, now.p99_ms) == (snapshot.throughput, response.p50, response.p99)
    assert now.device == device_indicator(snapshot.session_state, snapshot.now_ns).device == "GPU.0"
    assert (now.handovers, now.handover_s) == (1, 3.0)
    assert now.batch_share == pytest.approx(shares.batched / shares.known, abs=1e-4)
    assert (now.submitted, now.completed) == (snapshot.submitted, snapshot.completed)
    assert now.temperature_c == 71.0  # the GPU tells none
    assert (now.phase, now.model, now.requested, now.hint) == ("serving", "demo-cnn", "AUTO:GPU,CPU", "throughput")


def test_temperature_of_what_serves_throttling_limits_and_the_newest_warning() -> None:
    settings = Settings(slo="p99<3ms", warm_up="none")
    followed = FollowedSession()
    begin: list[Event] = started(settings, device="GPU", execution=["GPU.0"])
    reading = MachineReading(t_ns=5 * SECOND, gpu_temperature_c=64.0, cpu_temperature_c=90.0)
    rows = records(500 + np.arange(2000) * 2.0, 4.0, segment=1)
    followed.feed(update(rows, *begin, now_s=5.0, submitted=2000, readings=[reading]))
    throttled = ThrottleBegan(t_ns=5 * SECOND, source="gpu", reasons=["pl1"])
    notes = [Note(t_ns=5 * SECOND, severity=severity, text=severity) for severity in ("warning", "info")]
    followed.feed(update(None, throttled, *notes, now_s=6.1, submitted=2000, readings=[reading]))
    now = followed.now("s1")
    assert (now.temperature_c, now.throttled, now.missed, now.text) == (64.0, ["gpu"], ["p99<3ms"], "warning")


def test_a_session_that_is_over_is_told_out_of_its_recording(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    whole_recording(path := tmp_path / "w.ovtui")
    assert run(["follow", "--record", str(path)]) == 0
    (line,) = capfdbinary.readouterr().out.splitlines()
    ended = from_line(line)
    recording = open_recording(str(path))
    result = build_result(digest_of(recording))
    recording.close()
    assert isinstance(ended, Ended)
    assert (ended.code, ended.text, ended.recording) == (0, "", str(path))
    assert ended.result == json.loads(msgspec.json.encode(result))
    assert [block.number for block in ended.blocks] == [1, 2]


def test_a_recording_that_breaks_off_says_so(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    cut_recording(path := tmp_path / "c.ovtui")
    assert run(["follow", "--record", str(path)]) == 0
    (line,) = capfdbinary.readouterr().out.splitlines()
    ended = from_line(line)
    assert isinstance(ended, Ended)
    assert ended.code == 1
    assert ended.text.startswith("the recording breaks off at 3.8 s of 6 s")
    assert ended.result is not None


def test_what_is_no_recording_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "x.ovtui").write_text("no database" * 50)
    assert run(["follow", "--record", str(tmp_path / "x.ovtui")]) == Exit.FAILED
    assert "x.ovtui" in capsys.readouterr().err


def test_the_document_has_the_keys_of_every_line() -> None:
    section = DOCUMENT.partition("## Following a session from a program")[2].partition("\n## ")[0]
    table = re.findall(r"^\| (`[^|]+`) \| (all|[a-z, ]+) \|", section, re.MULTILINE)
    for name, kind in (("waiting", Waiting), ("now", Now), ("ended", Ended)):
        told = {key for keys, of in table for key in re.findall(r"`(\w+)`", keys) if of == "all" or name in of}
        assert told == {"kind", *kind.__struct_fields__}, name
    assert set(re.findall(r"`(\w+)`", section)) >= set(Block.__struct_fields__)
