"""Ctrl+z, SIGSTOP, fg, bg and kill, in a shell and without one."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import StartProgram
from harness.program import LIMIT_S, Program, ovtui

RECORDING = str(Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui")
# Their terminals answer no question: an answer to a view that has just been stopped or killed would be a part of what
# is typed next.
SHOWN, HELP = "q quit", "─ Help ─"
PROMPT = "ready>"
_BACK = "the screen comes back; the terminal is as before at the end"
_TERMINAL = "terminal and start"

WHERE = {"bash": ["bash", "--norc", "--noprofile", "--noediting", "-i"], "dash": ["dash", "-i"]}
STOPS = [
    Fault("SIGSTOP and SIGCONT, then q", _BACK, 0, _TERMINAL),
    Fault("SIGSTOP, SIGTERM and SIGCONT", "ends; the terminal is as before", 130, _TERMINAL),
]
TURNS = [
    Fault("ctrl+z, fg", _BACK, 0, _TERMINAL),
    Fault("SIGSTOP within a shell, fg", _BACK, 0, _TERMINAL),
    Fault("ctrl+z, bg, fg", "nothing is drawn in the background; then the screen comes back", 0, _TERMINAL),
]
KILLS = [
    Fault("ctrl+z, kill of the job", "ends; the shell keeps its terminal", 130, _TERMINAL),
    Fault("SIGSTOP within a shell, kill of the job", "ends; the shell keeps its terminal", 130, _TERMINAL),
]
DEATHS = [
    Fault(
        f"a view in {where} dies of {name}",
        "the terminal is as before: attributes, screen, cursor, mouse, paste",
        -number,
        _TERMINAL,
    )
    for where in WHERE
    for name, number in (("SIGKILL", signal.SIGKILL), ("SIGSEGV", signal.SIGSEGV))
]
OTHERS = [
    Fault("ctrl+z, SIGKILL", "nothing more is written to the terminal", -signal.SIGKILL, _TERMINAL),
    Fault(
        "SIGSTOP within a shell, SIGKILL while another program has the terminal",
        "that one keeps it as it is",
        -signal.SIGKILL,
        _TERMINAL,
    ),
]
NO_SHELL = Fault("ctrl+z where there is no shell to come back to", "ignored; the next key counts", 0, _TERMINAL)
FAULTS = [*STOPS, *TURNS, *KILLS, *DEATHS, *OTHERS, NO_SHELL]


@pytest.mark.parametrize("fault", STOPS, ids=id_of)
def test_a_stopped_view_leaves_the_terminal_as_it_was(start: StartProgram, fault: Fault) -> None:
    program = start("replay", RECORDING)
    program.wait_for(SHOWN)
    program.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, program.process.pid, os.WSTOPPED)
    if fault.code:
        program.send_signal(signal.SIGTERM)
    program.send_signal(signal.SIGCONT)
    if not fault.code:
        program.keys("?")
        program.wait_for(HELP)
        program.keys("escape", "q")
    assert program.wait() == fault.code
    program.assert_terminal_restored()


@pytest.fixture
def shell(program_env: dict[str, str], no_leftovers: None) -> Iterator[Program]:
    """One in which a replay is on screen. The shell repeats the command as it was typed: short wherever ovtui lies, so
    that its lines about jobs fit the screen."""
    with Program(WHERE["bash"], shell_env(program_env), answers=False) as program:
        show(program)
        yield program
        program.type("exit\r")
        program.wait()
        program.assert_terminal_restored()


def shell_env(program_env: dict[str, str]) -> dict[str, str]:
    return {**program_env, "PS1": f"{PROMPT} ", "RECORDING": RECORDING, "PYTHON": sys.executable}


def show(shell: Program) -> None:
    """Has the shell start a replay, and waits for its screen."""
    shell.wait_for(PROMPT)
    _, *arguments = ovtui("replay", '"$RECORDING"')
    shell.type(f'"$PYTHON" {" ".join(arguments)}\r')
    shell.wait_for(SHOWN)


def view_of(shell: Program) -> tuple[psutil.Process, list[psutil.Process]]:
    """The view, and its guard."""
    view = next(each for each in psutil.Process(shell.process.pid).children() if "ovtui" in each.cmdline())
    return view, view.children()


def stop(shell: Program, *, by_key: bool) -> psutil.Process:
    """The view, once the shell says that it is stopped."""
    view, _ = view_of(shell)
    if by_key:
        shell.keys("ctrl+z")
    else:
        view.suspend()
    shell.wait_for("Stopped")
    assert not by_key or shell.terminal.unrestored() == []
    return view


def test_a_shell_and_the_view_take_turns(shell: Program) -> None:
    def come_back() -> None:
        shell.type("fg\r")
        shell.wait_for(lambda text: SHOWN in text and "Stopped" not in text)

    stop(shell, by_key=True)
    come_back()
    stop(shell, by_key=False)
    come_back()
    stop(shell, by_key=True)
    shell.type("bg\r")
    shell.wait_for(re.compile(r"^\[1\].*&", re.MULTILINE))
    shell.type("jobs\r")
    shell.wait_for("Running")
    assert shell.terminal.unrestored() == []
    come_back()
    shell.keys("q")
    shell.wait_for(lambda text: text.endswith(PROMPT))  # what is typed before is the view's
    shell.type("echo code $?\r")
    shell.wait_for("code 0")


@pytest.mark.parametrize("fault", KILLS, ids=id_of)
def test_a_stopped_job_can_be_killed(shell: Program, fault: Fault) -> None:
    view = stop(shell, by_key="ctrl+z" in fault.case)
    shell.type("kill %1\r")
    psutil.wait_procs([view], LIMIT_S)
    shell.type("\r")
    shell.wait_for(f"Exit {fault.code}")


@pytest.mark.parametrize("fault", DEATHS, ids=id_of)
def test_a_view_that_dies_gives_the_terminal_back(
    program_env: dict[str, str], no_leftovers: None, fault: Fault
) -> None:
    """bash sets the terminal's attributes by itself, dash does not."""
    where = fault.case.split()[3]
    with Program(WHERE[where], shell_env(program_env), answers=False) as shell:
        for _ in range(2):
            show(shell)
            view, (guard,) = view_of(shell)
            view.send_signal(-(fault.code or 0))
            assert psutil.wait_procs([view, guard], LIMIT_S)[1] == []
            shell.wait_for(lambda _: not shell.terminal.unrestored())  # it may not have read all yet
            shell.type("clear\r")  # the prompt may have been there before the screen was
            shell.wait_for(lambda text: text == PROMPT)
        shell.type("exit\r")
        shell.wait()
        shell.assert_terminal_restored()


@pytest.mark.parametrize("fault", OTHERS, ids=id_of)
def test_a_view_that_has_not_the_terminal_is_killed(
    program_env: dict[str, str], no_leftovers: None, fault: Fault
) -> None:
    """Then another program's modes may be on; here the mouse's."""
    with Program(WHERE["bash"], shell_env(program_env), answers=False) as shell:
        show(shell)
        view = stop(shell, by_key="ctrl+z" in fault.case)
        guard = view.children()
        other = r"printf '\033[?1006h'; echo edi''tor"
        shell.type(f'sh -c "{other}; cat"\r' if "another" in fault.case else f"{other}\r")
        shell.wait_for("editor")
        view.kill()
        assert psutil.wait_procs([view, *guard], LIMIT_S)[1] == []
        shell.type("clear; echo fur''ther\r")
        shell.wait_for("further" if "ctrl+z" in fault.case else "clear; echo")
        assert any("1006" in left for left in shell.terminal.unrestored())


def test_ctrl_z_without_a_shell(start: StartProgram) -> None:
    program = start("replay", RECORDING)
    program.wait_for(SHOWN)
    program.keys("ctrl+z", "?")
    program.wait_for(HELP)
    program.keys("escape", "q")
    assert program.wait() == NO_SHELL.code
    program.assert_terminal_restored()
