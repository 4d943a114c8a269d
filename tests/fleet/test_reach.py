"""Lines to real sshds, by asyncssh and by the system's ssh: scripts, lines, files, limits, terminals."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from harness.bad_line import BadLine
from harness.box_faults import flood, full_disk, hang_after_login, runs_on
from harness.ssh_boxes import Boxes
from harness.sshd import SSHD

from ovtui.fleet.box import Box, BoxError, Transport
from ovtui.fleet.reach.line import Line
from ovtui.fleet.reach.opening import ReachOptions, open_line

pytestmark = pytest.mark.skipif(SSHD is None, reason="there is no sshd")
both = pytest.mark.parametrize("transport", ["asyncssh", "ssh"])


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Boxes(tmp_path_factory.mktemp("reach"), ["b1", "b2"], ovtui=None) as made,
    ):
        for name in [name for name in os.environ if name not in made.env]:
            patch.delenv(name)
        for name, value in made.env.items():
            patch.setenv(name, value)
        yield made


@contextlib.asynccontextmanager
async def line_to(name: str, transport: Transport) -> AsyncIterator[Line]:
    line = await open_line(Box(name=name), ReachOptions(transport=transport))
    try:
        yield line
    finally:
        await line.close()


@both
def test_a_script_is_run_whatever_is_in_it(boxes: Boxes, transport: Transport) -> None:
    script = """printf '%s|' "a b" 'c"d' '$(e)' "$(echo f)"; cat; cat <<E
here
E
echo wrong >&2; exit 7  # no newline at the end"""

    async def go() -> None:
        async with line_to("b1", transport) as line:
            answer = await line.run(script)
            assert (answer.status, answer.stdout, answer.stderr) == (7, b'a b|c"d|$(e)|f|here\n', "wrong")
            assert (await line.run("exit 255")).status == 254
            assert (await line.run("kill -9 $$")).status == 137
            assert (await line.run("if ) then")).status == 2

    asyncio.run(go())


@both
def test_lines_come_one_by_one_and_closing_ends_the_script_there(boxes: Boxes, transport: Transport) -> None:
    async def go() -> None:
        async with line_to("b1", transport) as line:
            assert [text async for text in line.lines("echo one; echo; printf last")] == [b"one", b"", b"last"]
            with pytest.raises(BoxError, match="why not") as caught:
                [text async for text in line.lines("echo why not >&2; exit 3")]
            assert caught.value.kind == "failed"
            lines = line.lines("trap '' PIPE; echo begun; sleep 1000")
            assert await anext(lines) == b"begun"  # type: ignore[arg-type]
            assert runs_on(boxes["b1"], "1000")
            await lines.aclose()  # type: ignore[attr-defined]
            while runs_on(boxes["b1"], "1000"):
                await asyncio.sleep(0.05)

    asyncio.run(go())


@both
def test_what_a_login_shell_prints_is_no_output(boxes: Boxes, transport: Transport, tmp_path: Path) -> None:
    boxes["b2"].enter_by("echo welcome; echo welcome >&2")
    (boxes["b2"].home / "file").write_bytes(b"content")

    async def go() -> None:
        async with line_to("b2", transport) as line:
            assert (await line.run("echo answer")).stdout == b"answer\n"
            assert await line.fetch(str(boxes["b2"].home / "file"), tmp_path / "file") == 7

    try:
        asyncio.run(go())
    finally:
        boxes["b2"].enter_by("")
    assert (tmp_path / "file").read_bytes() == b"content"


@both
@pytest.mark.parametrize("script", ["exec cat /dev/zero", "exec yes >&2"])
def test_a_flood_is_cut_off(boxes: Boxes, transport: Transport, script: str) -> None:
    async def go() -> None:
        async with line_to("b1", transport) as line:
            with pytest.raises(BoxError, match="more than 1 MiB") as caught:
                await line.run(script, most_bytes=1 << 20)
            assert caught.value.kind == "too-much"
            if "zero" in script:
                with pytest.raises(BoxError, match="a line of more than 64 KiB"):
                    [text async for text in line.lines(script, line_bytes=64 << 10)]
            assert (await line.run("echo still")).stdout == b"still\n"

    asyncio.run(go())


@both
def test_silence_is_told(boxes: Boxes, transport: Transport) -> None:
    async def go() -> None:
        async with line_to("b1", transport) as line:
            with pytest.raises(BoxError, match=r"nothing for 0\.3 s") as caught:
                await line.run("exec sleep 1000", silence_s=0.3)
            assert caught.value.kind == "silent"
            with pytest.raises(BoxError, match=r"within 0\.3 s"):
                await line.run("while :; do echo x; sleep 0.05; done", whole_s=0.3)

    asyncio.run(go())


def test_a_box_that_floods_or_hangs_after_the_login(boxes: Boxes) -> None:
    async def go() -> None:
        for fault, kind, limit_s in ((hang_after_login, "silent", 0.5), (flood, "too-much", 60.0)):
            fault(boxes["b2"])
            async with line_to("b2", "asyncssh") as line:
                with pytest.raises(BoxError) as caught:
                    await line.run("echo", silence_s=limit_s)
                assert caught.value.kind == kind
            with pytest.raises(BoxError) as caught:
                await open_line(Box(name="b2"), ReachOptions(transport="ssh", connect_s=limit_s))
            assert caught.value.kind == kind

    try:
        asyncio.run(go())
    finally:
        boxes["b2"].enter_by("")


@both
def test_files_go_on_where_they_were_broken_off(boxes: Boxes, transport: Transport, tmp_path: Path) -> None:
    content = os.urandom(700_001)
    here, back = tmp_path / "here", tmp_path / "back"
    here.write_bytes(content)
    there = boxes["b1"].home / f"-a 'b' \"c\" $(d)\n{transport}"
    part = Path(f"{there}.part")

    async def go() -> None:
        async with line_to("b1", transport) as line:
            for beginning, first in ((content[:300_000], 431_072), (b"other", 131_072)):
                part.write_bytes(beginning)
                told: list[int] = []
                await line.send(here, str(there), mode=0o640, progress=lambda have, _, told=told: told.append(have))  # type: ignore[misc]
                assert told[0] == first
                assert there.read_bytes() == content
                assert not part.exists()
            assert stat.S_IMODE(there.stat().st_mode) == 0o640
            back.write_bytes(content[:500_000])
            assert await line.fetch(str(there), back) == len(content)
            assert back.read_bytes() == content
            assert await line.fetch(str(there), back) == len(content)
            back.write_bytes(content + b"more")
            with pytest.raises(BoxError, match="is shorter"):
                await line.fetch(str(there), back)
            with pytest.raises(BoxError, match="there is no file"):
                await line.fetch("/nowhere", tmp_path / "none")
            with pytest.raises(BoxError, match="more than 1 KiB") as caught:
                await line.fetch(str(there), tmp_path / "none", most_bytes=1024)
            assert caught.value.kind == "too-much"
            with pytest.raises(BoxError, match="could not be written"):
                await line.send(here, "/nowhere/file")

    asyncio.run(go())


@both
def test_a_full_disk_is_told(boxes: Boxes, transport: Transport, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(600_000))

    async def go() -> None:
        async with line_to("b1", transport) as line:
            with full_disk(boxes["b1"], 200_000), pytest.raises(BoxError, match="make room") as caught:
                await line.send(tmp_path / "file", f"{boxes['b1'].home}/full")
            assert caught.value.kind == "full-disk"

    asyncio.run(go())


def test_a_file_that_shrinks_while_it_is_fetched(boxes: Boxes, tmp_path: Path) -> None:
    there = boxes["b1"].home / "shrinking"
    there.write_bytes(bytes(4 << 20))

    def shrink(have: int, size: int) -> None:
        os.truncate(there, 1000)

    async def go() -> None:
        async with line_to("b1", "asyncssh") as line:
            with pytest.raises(BoxError, match="while it was fetched"):
                await line.fetch(str(there), tmp_path / "shrinking", progress=shrink)

    asyncio.run(go())


@both
def test_a_terminal(boxes: Boxes, transport: Transport) -> None:
    async def go() -> None:
        async with line_to("b1", transport) as line:
            resized = 'until [ "$(stty size)" = "20 70" ]; do sleep 0.05; done'
            script = f'stty size; echo $TERM; read x; echo "got $x"; {resized}; exit 5'
            terminal = await line.terminal(script, 90, 30, "vt100")
            said = b""
            while b"vt100" not in said:
                said += await terminal.read(10)
            terminal.resize(70, 20)
            terminal.write(b"keys\r")
            while piece := await terminal.read(4096):
                said += piece
            assert said.split() == b"30 90 vt100 keys got keys".split()
            assert await terminal.close() == 5
            left = await line.terminal("exec sleep 1001", 80, 24, "vt100")
            await left.close()
            while runs_on(boxes["b1"], "1001"):
                await asyncio.sleep(0.05)

    asyncio.run(go())


@both
def test_a_bad_line_that_freezes_and_is_cut(boxes: Boxes, transport: Transport, tmp_path: Path) -> None:
    content = os.urandom(400_000)
    (tmp_path / "here").write_bytes(content)
    there = f"{boxes['b2'].home}/over-{transport}"

    async def go(bad: BadLine) -> None:
        async with line_to("b2", transport) as line:
            await line.send(tmp_path / "here", there)
            assert Path(there).read_bytes() == content
            bad.freeze()
            with pytest.raises(BoxError) as caught:
                await line.run("echo", silence_s=0.5)
            assert caught.value.kind == "silent"
            bad.let_go()
            assert (await line.run("echo again")).stdout == b"again\n"
            running = asyncio.ensure_future(line.run("echo; exec sleep 1002"))
            while not runs_on(boxes["b2"], "1002"):
                await asyncio.sleep(0.05)
            bad.cut()
            with pytest.raises(BoxError) as caught:
                await running
            assert caught.value.kind == "lost"
            with pytest.raises(BoxError) as caught:
                await line.run("echo")
            assert caught.value.kind == "lost"
            with pytest.raises(BoxError) as caught:
                await open_line(Box(name="b2"), ReachOptions(transport=transport))
            assert caught.value.kind == "unreachable"

    try:
        with BadLine(boxes["b2"].port, round_trip_s=0.02) as bad:
            boxes.write_ssh_files({"b2": bad.port})
            asyncio.run(go(bad))
    finally:
        boxes.write_ssh_files()


def test_a_dead_line_is_noticed_though_the_script_may_be_silent(
    boxes: Boxes, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("ovtui.fleet.reach.asyncssh_line._KEEPALIVE_S", 0.1)

    async def go(bad: BadLine) -> None:
        async with line_to("b2", "asyncssh") as line:
            running = asyncio.ensure_future(line.run("exec sleep 1003", silence_s=float("inf"), whole_s=1000))
            while not runs_on(boxes["b2"], "1003"):
                await asyncio.sleep(0.05)
            bad.freeze()
            with pytest.raises(BoxError) as caught:
                await running
            assert caught.value.kind == "lost"

    try:
        with BadLine(boxes["b2"].port, round_trip_s=0, loss=0) as bad:
            boxes.write_ssh_files({"b2": bad.port})
            asyncio.run(go(bad))
    finally:
        boxes.write_ssh_files()


@both
def test_close_waits_for_nothing(boxes: Boxes, transport: Transport) -> None:
    """Also with a script that runs, and over a line that is dead; and nothing of ssh is left here."""

    async def go(bad: BadLine) -> None:
        line = await open_line(Box(name="b2"), ReachOptions(transport=transport))
        lines = line.lines("echo begun; trap '' HUP; exec sleep 5")
        assert await anext(lines) == b"begun"  # type: ignore[arg-type]
        bad.freeze()
        await line.close()
        with pytest.raises(BoxError):
            await anext(lines)  # type: ignore[arg-type]

    try:
        with BadLine(boxes["b2"].port, round_trip_s=0, loss=0) as bad:
            boxes.write_ssh_files({"b2": bad.port})
            asyncio.run(asyncio.wait_for(go(bad), 30))
    finally:
        boxes.write_ssh_files()
    assert list((boxes.home / "runtime").glob("ovtui-ssh-*")) == []
