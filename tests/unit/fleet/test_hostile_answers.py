"""What a hostile box may answer: a sentence of this box at most, never the end of the others."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ovtui.cli.fleet.progress import _line
from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.ending import session_of
from ovtui.fleet.on_box.file_facts import FileFacts, read_facts
from ovtui.fleet.on_box.recording import TooLarge, fetch_recording
from ovtui.fleet.on_box.starting import begin
from ovtui.fleet.on_every_box import on_every_box
from ovtui.fleet.push.asking_there import as_kind
from ovtui.fleet.push.probe import MARK, probed_box, usable_pythons
from ovtui.fleet.push.removing import _Gone, _Runs
from ovtui.fleet.reach.channel_line import ChannelLine
from ovtui.fleet.reach.line import Answer
from ovtui.fleet.reach.opening import ReachOptions
from ovtui.fleet.reach.transfers import appending
from ovtui.fleet.running.following import cleaned
from ovtui.fleet.running.run_folder import FleetBrief, RunFolder
from ovtui.fleet.told import bounded, decoded, whole_number
from ovtui.records.fleet import BoxState
from ovtui.records.following import Ended, from_line, to_line
from ovtui.settings.schema.settings import Settings

BOX = Box(name="one")
DEEP = "[" * 3000 + "]" * 3000
ENDED = Ended(session="a", code=0, text="", recording="", blocks=[], result={})


class Says:
    """A line whose every script prints the next of these texts."""

    def __init__(self, *texts: str) -> None:
        self.box, self._texts = BOX, list(texts)

    async def run(self, *_: object, **__: object) -> Answer:
        return Answer(0, self._texts.pop(0).encode(), "")

    async def fetch(self, _: str, local: Path, *, most_bytes: int, **__: object) -> int:
        assert most_bytes <= 1001
        return local.write_bytes(b"other")

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("digits", ["²", "٣", "", "-1", "1_0", "9" * 5000, "1e9"])
def test_only_decimal_digits_are_a_number(digits: str) -> None:
    line: Any = Says(f"code {digits}\n")
    assert whole_number(digits) is None
    assert read_facts(f"0 {digits} -\n{digits} 5 -\n1 7 -\n\n".encode()) == {1: FileFacts(7, "")}
    with pytest.raises(BoxError):
        asyncio.run(begin(line, "", BOX))


@pytest.mark.parametrize("value", [DEEP, "1e999", "1" + "0" * 5000, "1" + "0" * 30, "NaN"])
def test_a_line_of_follow_that_nobody_can_hold(value: str) -> None:
    line = to_line(ENDED).replace(b'"code":0', b'"code":' + value.encode())
    with pytest.raises(msgspec.MsgspecError):
        from_line(line)


@pytest.mark.parametrize("value", [f'"x{DEEP}', DEEP, '[{"session":5}]', "\xff", "{}"])
def test_answers_in_json_of_another_kind(value: str) -> None:
    line: Any = Says(value)
    with pytest.raises(BoxError, match="cannot be read"):
        asyncio.run(session_of(line, BOX, "/x"))
    assert decoded(value.encode("latin-1"), list[int]) is None or value == DEEP


def test_a_result_is_bounded_and_told_whatever_its_types() -> None:
    nested: Any = 1
    for _ in range(400):
        nested = [nested]
    result = {"throughput": "\x1b]0;x", "latency_ms": [1], "requests": 10**400, "deep": nested, "f": 1e300, "b": True}
    found = cleaned(msgspec.structs.replace(ENDED, result=result)).result
    assert found is not None
    assert (found["requests"], found["f"], found["b"]) == (None, None, True)
    assert len(json.dumps(found)) < 200
    state = BoxState(name="one", phase="done", code=0, result=found)
    assert _line(state) == "done: nothing was measured"
    assert bounded({"a": [1, 2.5, "x", None]}) == {"a": [1, 2.5, "x", None]}


@pytest.mark.parametrize("libc", ["glibc 2.999999999", "glibc 2." + "9" * 5000, "glibc 2.²", "glibc x"])
def test_a_c_library_whose_tags_would_fill_the_memory(libc: str) -> None:
    python = {
        "path": "/usr/bin/python3", "version": [3, 12, 1], "bits": 64, "free_threaded": False,
        "implementation": "cpython", "libc": libc, "has_venv": True,
    }  # fmt: skip
    text = f"{MARK}uname Linux x86_64\n{MARK}python {json.dumps(python)}\n{MARK}python {DEEP}\n{MARK}end\n"
    with pytest.raises(BoxError, match="not glibc"):
        usable_pythons(BOX, probed_box(text.encode()))


def test_answers_of_its_python_of_another_kind() -> None:
    gone: dict[str, Any] = {"removed": [], "bytes": 0, "kept": [], "stopped": 0}
    for wrong in ({"bytes": "x"}, {"bytes": float("inf")}, {"kept": [7]}, {"removed": 3}, {"stopped": 10**30}):
        with pytest.raises(BoxError, match="another kind"):
            as_kind({**gone, **wrong}, _Gone)
    with pytest.raises(BoxError, match="another kind"):
        as_kind({"runs": {"a": "9" * 5000}}, _Runs)
    assert as_kind(gone, _Gone).bytes == 0


def test_what_nobody_thought_of_fails_one_box() -> None:
    async def open_one(box: Box, _: ReachOptions) -> Any:
        return Says(box.name)

    async def work(_: Any, box: Box) -> str:
        return str({"one": 1}[box.name])

    found = asyncio.run(on_every_box([BOX, Box(name="\x1bx")], ReachOptions(), 2, work, open_one=open_one))
    assert found["one"] == "1"
    wrong = found["\x1bx"]
    assert isinstance(wrong, BoxError)
    assert "KeyError" in wrong.text
    assert "\x1b" not in wrong.text


def test_a_recording_that_grows_while_it_is_fetched_is_not_fetched(tmp_path: Path) -> None:
    line: Any = Says(f"0 5 {'a' * 64}\n", f"0 {10**15} {'a' * 64}\n")
    with pytest.raises(TooLarge):
        asyncio.run(fetch_recording(line, BOX, "/r", tmp_path / "here", most_bytes=1000))


def test_what_comes_here_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    names = ("3_a_b", "a_b", "a b", "a\tb", "-x", "..", "é")
    boxes = tuple(Box(name=name) for name in names)
    run = RunFolder.make(FleetBrief(name="r", began_s=0.0, boxes=boxes, settings=Settings()))
    paths = [run.recording(name) for name in names]
    assert len(set(paths)) == len(names)
    assert {path.parent for path in paths} == {run.folder / "recordings"}
    with appending(paths[0]) as file:
        file.write(b"x")
    for path in (run.folder, paths[0].parent, paths[0], run.folder / "brief.json"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    paths[1].symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        appending(paths[1])


def test_a_box_that_sends_bytes_but_no_line_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    class Drips(ChannelLine):
        open_channel = terminal = close = watch = None  # type: ignore[assignment]

    class Run:
        async def __aenter__(self) -> Run:
            return self

        async def __aexit__(self, *_: object) -> None:
            pass

        async def next(self) -> bytes:
            clock[0] += 5
            return b"x"

    monkeypatch.setattr("ovtui.fleet.reach.channel_line.time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr("ovtui.fleet.reach.channel_line.ScriptRun", lambda *_, **__: Run())
    line = Drips.__new__(Drips)

    async def go() -> None:
        lines: AsyncIterator[bytes] = ChannelLine.lines(line, "x")
        async for _ in lines:
            raise AssertionError

    with pytest.raises(BoxError, match="no whole line in 60 s"):
        asyncio.run(go())
