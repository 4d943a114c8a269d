"""A dashboard with a fault of its own, and one that dies of a signal out of a library."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from harness import broken_dashboard
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, StartProgram
from harness.reading import completed

DEMO = Path(__file__).parents[2] / "ovtui" / "recordings" / "auto-batching-simulated-gpu.ovtui"
_TOLD = "one sentence names the error and the file with the traceback; the session goes on"


@dataclass(frozen=True)
class Broken(Fault):
    change: str = ""
    """Of the class `Dashboard`, see broken_dashboard."""
    key: str = ""
    """What is typed then."""


def row(case: str, change: str, key: str = "") -> Broken:
    return Broken(f"the dashboard fails: {case}", _TOLD, 1, "terminal and start", change, key)


ROWS = [
    row("in a poll", 'at_call(4, Dashboard, "poll", fail)'),
    row("in a widget's lines", "from textual.widget import Widget\nat_call(300, Widget, 'render_line', fail)"),
    row("in a key's action", "Dashboard.action_help = fail", "?"),
    row("at its start", "Dashboard.on_mount = fail"),
    row("before its start", "Dashboard.__init__ = fail"),
    row("at its end", "Dashboard._shutdown = fail", "q"),
    row(
        "in a callback",
        "import asyncio\nat_call(4, Dashboard, 'poll', lambda: asyncio.get_running_loop().call_soon(fail))",
    ),
    row("in a thread", 'at_call(4, Dashboard, "poll", threading.Thread(target=fail).start)'),
    row(
        "in the writer's thread",
        "from ovtui.dashboard.terminal.terminal_writer import TerminalWriter\n"
        "at_call(20, TerminalWriter, '_write_whole', fail)",
    ),
    row(
        "in the thread that reads keys",
        "from ovtui.dashboard.terminal.quiet_driver import QuietDriver\n"
        "read = QuietDriver._read\n"
        "keys = lambda data: data.replace(b'\\x1b[?', b'')\n"  # without what the terminal answers
        "QuietDriver._read = lambda self: fail() if b'?' in keys(data := read(self)) else data",
        "?",
    ),
    row("for want of memory", 'at_call(4, Dashboard, "poll", lambda: bytearray(1 << 60))'),
]
LIVE = Fault("the dashboard of a running session fails", _TOLD, 1, "terminal and start")
SEGV = Fault(
    "the dashboard dies of SIGSEGV or SIGABRT",
    "the session goes on as after a hang-up; the traceback is in a file",
    None,
    "terminal and start",
)
RUN = Fault("ovtui run fails", "one sentence; the recording has what was measured", 1, "terminal and start")
FAULTS = [*ROWS, LIVE, SEGV, RUN]


@pytest.mark.parametrize("fault", ROWS, ids=id_of)
def test_a_fault_is_one_sentence(
    start: StartProgram, program_env: dict[str, str], tmp_path: Path, fault: Broken
) -> None:
    program = start("replay", str(DEMO), env=broken_dashboard.environment(program_env, tmp_path, fault.change))
    if fault.key:
        program.wait_for("q quit")
        program.keys(fault.key)
    assert program.wait() == fault.code
    program.assert_terminal_restored()
    assert "Traceback" not in program.text
    said = " ".join(program.text.split())
    reason = "MemoryError" if "memory" in fault.case else "ZeroDivisionError: made by a test"
    assert f"crashed: {reason}" in said
    (written,) = (tmp_path / "state" / "ovtui" / "crashes").iterdir()
    assert "Traceback (most recent call last)" in written.read_text()
    assert written.name in program.text.replace("\n", "")


@pytest.fixture
def keeping_env(program_env: dict[str, str], headless: Headless) -> Iterator[dict[str, str]]:
    """As on a person's machine, where the session goes on; it is stopped after the test."""
    env = {name: value for name, value in program_env.items() if name != "OVTUI_ON_HANGUP"}
    yield env
    headless("stop")


def test_the_session_goes_on_and_attach_continues(
    start: StartProgram, headless: Headless, keeping_env: dict[str, str], tmp_path: Path
) -> None:
    change = 'at_call(40, Dashboard, "poll", fail)'
    env = broken_dashboard.environment(keeping_env, tmp_path, change)
    program = start("-d", "CPU", "--rate", "50", env=env, columns=400)  # in which no path breaks its sentence
    assert program.wait() == LIVE.code
    program.assert_terminal_restored()
    name = re.search(r"ovtui attach (\w+)", " ".join(program.text.split()))
    assert name is not None
    again = start("attach", name[1], env=keeping_env)
    seen = completed(again.wait_for(lambda text: completed(text) > 0))
    again.wait_for(lambda text: completed(text) > seen)
    again.keys("q")
    assert again.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_death_by_a_library_is_no_kill(
    start: StartProgram, headless: Headless, keeping_env: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    change = f'at_call(20, Dashboard, "poll", lambda: os.kill(os.getpid(), {int(number)}))'
    program = start("-d", "CPU", "--rate", "50", env=broken_dashboard.environment(keeping_env, tmp_path, change))
    assert program.wait() == -number
    (session,) = json.loads(headless("sessions", "--json").stdout)
    assert session["clients"] == 0
    assert 1700 < session["ends_in_s"] <= 1800
    (written,) = (tmp_path / "state" / "ovtui" / "crashes").iterdir()
    assert "Fatal Python error" in written.read_text()


def test_a_run_that_fails(headless: Headless, program_env: dict[str, str], tmp_path: Path) -> None:
    hook = """
        from ovtui.metrics.digest import Digest
        feed = Digest.feed
        def failing(self, update):
            feed(self, update)
            if self.snapshot().completed > 20:
                fail()
        Digest.feed = failing
    """
    env = broken_dashboard.environment(program_env, tmp_path, hook, when="ovtui.cli.progress")
    run = headless("run", "-d", "CPU", "--rate", "50", "-t", "60", env=env)
    assert run.returncode == RUN.code
    assert "Traceback" not in run.stderr
    assert "crashed: ZeroDivisionError: made by a test" in run.stderr
    assert json.loads(headless("replay", "--json", "-").stdout)["requests"]["completed"] > 20
