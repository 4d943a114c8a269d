"""`ovtui fleet attach` of a real session behind a real sshd, in a terminal of 80x24."""

from __future__ import annotations

import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from harness import leftovers
from harness.program import LIMIT_S, Program, ovtui
from harness.reading import completed
from harness.ssh_boxes import Boxes, SshBox
from harness.sshd import SSHD
from harness.terminal import Terminal

from ovtui.terminal.screen_filter import ScreenFilter

RECORDING = str(Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui")
SHOWN = "q quit"
HANGS = r"""trap '' HUP INT TERM
printf '\033[?1049h\033[?1000h\033]52;c;QUJD\007█ %s' "$LC_ALL"
exec sleep 60 </dev/null >/dev/null 2>&1"""
REDRAWS = r"""draw() { printf '\033[?1049h\033[H\033[2Jscreen of %s' "$3"; }
trap 'draw "$@"' WINCH
draw "$@"
while :; do read -r key; done"""


@pytest.fixture(scope="module")
def boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Boxes]:
    """b1 with ovtui, b2 with what a test gives it. Nothing that they have started outlives them."""
    if SSHD is None or shutil.which("ssh-keygen") is None:
        pytest.skip("openssh-server and openssh-client are not installed")
    mark = uuid.uuid4().hex
    with Boxes(tmp_path_factory.mktemp("attach"), ["b1", "b2"]) as made:
        has(made["b2"], None)
        made["b1"].env[leftovers.MARK] = mark
        made["b1"].enter_by("")
        yield made
        made["b1"].run([str(made["b1"].bin / "ovtui"), "stop"])
    assert leftovers.wait_for_end(leftovers.marked(mark), LIMIT_S) == []


@pytest.fixture(scope="module")
def session(boxes: Boxes) -> str:
    """The ID of a session that runs on b1."""
    program = str(boxes["b1"].bin / "ovtui")
    begun = boxes["b1"].run([program, "run", "demo-mlp", "-d", "CPU", "--rate", "20", "--detach"])
    assert begun.returncode == 0, begun.stderr
    return begun.stdout.strip()


def has(box: SshBox, program: str | None) -> None:
    """What stands on it as ovtui, from now on: lines of sh."""
    path = box.bin / "ovtui"
    path.unlink(missing_ok=True)
    if program is not None:
        path.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
        path.chmod(0o755)


def attached(boxes: Boxes, *words: str, shell: tuple[str, ...] = (), **more: str) -> Program:
    """`shell`: the words before it, of a shell that starts it."""
    env = {**boxes.env, "TERM": "xterm-256color", "LANG": "C.UTF-8", **more}
    command = ovtui("fleet", "attach", "--ssh", "asyncssh", "--ssh-config", str(boxes.home / ".ssh" / "config"), *words)
    return Program([*shell, *command], env, 80, 24, answers=False)


def test_the_dashboard_of_a_box(boxes: Boxes, session: str) -> None:
    with attached(boxes, "b1", session[:6]) as program:
        text = program.wait_for(lambda text: completed(text) > 5 and "█" in text)  # UTF-8 has come through
        assert "read-only" in text
        assert program.unanswered == 0  # the box cannot make this terminal answer
        program.keys("?")
        program.wait_for("─ Help ─")
        program.keys("escape")
        program.resize(100, 30)
        program.wait_for(lambda text: max(map(len, text.splitlines())) > 90)
        program.keys("q")
        assert program.wait() == 0
        program.assert_terminal_restored()
        assert "submitted" in program.text
        assert f"session {session} goes on" in program.text


def test_a_box_that_hangs_can_be_left(boxes: Boxes) -> None:
    """And a terminal without UTF-8 gets none."""
    has(boxes["b2"], HANGS)
    with attached(boxes, "b2", LANG="C", LC_ALL="C") as program:
        program.wait_for(lambda text: text.strip() == "? C")
        program.type("\x03\x1d\x1d\x1d")
        assert program.wait() == 130
        program.assert_terminal_restored()
        assert "left with ctrl+]; the session on b2 goes on" in program.text


def test_attach_is_killed(boxes: Boxes) -> None:
    has(boxes["b2"], HANGS)
    # From a shell, as a person has it: where the first process of a terminal ends, the kernel hangs the terminal up.
    with attached(boxes, "b2", shell=("sh", "-c", '"$@"; read -r _', "sh")) as program:
        program.wait_for("█")
        (attach,) = psutil.Process(program.process.pid).children()
        (guard,) = attach.children()
        attach.kill()
        assert psutil.wait_procs([guard], LIMIT_S)[1] == []
        program.keys("enter")
        program.wait()
        program.assert_terminal_restored()


def test_what_cannot_be_attached_is_a_sentence(boxes: Boxes) -> None:
    has(boxes["b2"], None)
    with attached(boxes, "b2") as program:
        assert program.wait() == 1
        assert "ovtui: b2: there is no ovtui on it; ovtui fleet push brings it" in program.text
        program.assert_terminal_restored()
    has(boxes["b2"], 'printf "%s|" "$@"; kill -9 $$')
    with attached(boxes, "b2", "$(id)'") as program:
        assert program.wait() == 1
        assert "attach|--read-only|--|$(id)'|" in program.text  # no shell has read it
        assert "ovtui: b2: its dashboard was ended by SIGKILL there" in program.text
    command = ovtui("fleet", "attach", "b1")
    ended = subprocess.run(
        command, env=boxes.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "a dashboard needs a terminal" in ended.stderr


def test_ctrl_z_and_fg_and_a_line_that_breaks(boxes: Boxes) -> None:
    """In a shell with job control, with the keys of a person."""
    has(boxes["b2"], REDRAWS)
    env = {**boxes.env, "TERM": "xterm-256color", "LANG": "C.UTF-8", "PS1": "ready> "}
    words = ovtui("fleet", "attach", "--ssh-config", str(boxes.home / ".ssh" / "config"), "b2", "7")
    with Program(["bash", "--norc", "--noprofile", "--noediting", "-i"], env, 80, 24, answers=False) as program:
        program.wait_for("ready>")
        program.type(" ".join(words) + "\r")
        program.wait_for("screen of")
        program.keys("ctrl+z")
        program.wait_for("Stopped")
        assert program.terminal.unrestored() == []
        program.type("clear; echo between\r")
        program.wait_for(re.compile(r"^between$", re.MULTILINE))
        program.type("fg\r")
        program.wait_for("screen of")
        assert program.terminal.on_alternate_screen
        for each in _started_by(boxes["b2"].pid):
            if "sshd" in each.name():
                each.kill()
        program.wait_for(re.compile("b2: the line to it broke.*ready>", re.DOTALL))
        assert program.terminal.unrestored() == []
        program.type("echo code=$?\r")
        program.wait_for("code=1")
        program.type("exit\r")
        program.wait()
        program.assert_terminal_restored()


class _Beside(Terminal):
    """What a person sees without the filter, and beside it what one sees with it."""

    def __init__(self) -> None:
        super().__init__(80, 24)
        self.screen, self.filtered = ScreenFilter(), Terminal(80, 24)

    def feed(self, data: bytes) -> None:
        super().feed(data)
        self.filtered.feed(self.screen.feed(data))

    def end(self) -> None:
        super().end()
        self.filtered.end()


def test_the_filter_changes_nothing_that_a_person_sees(program_env: dict[str, str], no_leftovers: None) -> None:
    waiting = ["sh", "-c", 'read -r _; exec "$@"', "sh", *ovtui("replay", RECORDING, "--speed", "2")]
    with Program(waiting, program_env, 80, 24) as program:
        program.terminal = both = _Beside()
        program.type("\n")
        program.wait_for(SHOWN)
        for key in ("2", "4", "?", "escape"):
            before = program.text
            program.keys(key)
            program.wait_for(lambda text, before=before: text != before)
        program.keys("q")
        assert program.wait() == 0
        assert both.filtered.text == both.text
        assert both.filtered._screen.buffer == both._screen.buffer  # colours and attributes, too
        assert both.unrestored() == both.filtered.unrestored() == []
        assert both.screen.restoring() == b""


def _started_by(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)
