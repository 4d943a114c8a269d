"""One rule of exit codes: how it stands at the end. Engines are killed while they start, serve and take over, and
changes are refused, under the real program; the page of docs is made of the same codes."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import StartProgram
from harness.program import ovtui
from harness.reading import completed
from samples import SECOND, records, started, update

from ovtui.cli.exit_codes import OUTCOMES, page
from ovtui.cli.exits import Exit
from ovtui.cli.session_exit import session_exit
from ovtui.host import session_socket
from ovtui.host.client import AttachedSession
from ovtui.metrics.digest import Digest
from ovtui.records.events import EngineExited, EngineSpawned, Event, LoadEnded, ModelRead, Refused, SegmentBegan
from ovtui.records.source import HostState
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

SECTION = "processes and accounts"
LIMIT_S = 60.0
PAGE = Path(__file__).parents[2] / "docs/exit-codes.md"
E = TypeVar("E")


HOLD = """
import os, sys
if "ovtui.engine" in sys.orig_argv:
    import openvino
    compile_model = openvino.Core.compile_model
    def held(self, *arguments, **named):
        if os.path.exists(os.environ["HOLD"]):
            open(os.environ["HOLD"]).read()
        return compile_model(self, *arguments, **named)
    openvino.Core.compile_model = held
"""
"""A sitecustomize.py: once there is a pipe of that name, an engine compiles when it is opened and closed."""


class Watcher:
    """Attached to the session of the program under test: sees its events, changes its settings, kills its engines."""

    def __init__(self, hold: Path | None = None) -> None:
        """`hold`: where HOLD is in force."""
        self._hold = hold
        end_s = time.monotonic() + LIMIT_S
        while not (names := session_socket.session_names()):
            assert time.monotonic() < end_s
        self.session = AttachedSession(names[0])
        self.events: list[Event] = []

    def wait(self, kind: type[E], fits: Callable[[E], bool] = lambda _: True) -> E:
        end_s = time.monotonic() + LIMIT_S
        while not (found := [event for event in self.events if isinstance(event, kind) and fits(event)]):
            assert time.monotonic() < end_s, [type(event).__name__ for event in self.events]
            select.select([self.session], [], [], 1)
            self.events += self.session.poll().events
        return found[0]

    def serves(self, number: int) -> None:
        self.wait(SegmentBegan, lambda event: event.engine == number)

    def apply(self, **changes: object) -> None:
        self.session.apply(with_changes(self.wait(SegmentBegan).settings, changes))

    def apply_held(self, **changes: object) -> None:
        """Returns when engine 2 is at its compile, which it does not begin before `let_compile`."""
        self.wait(SegmentBegan)
        assert self._hold is not None
        os.mkfifo(self._hold)
        self.apply(**changes)
        self.wait(ModelRead, lambda event: event.engine == 2)

    def let_compile(self) -> None:
        assert self._hold is not None
        with self._hold.open("w"):
            self._hold.unlink()

    def kill(self, number: int) -> None:
        os.kill(self.wait(EngineSpawned, lambda event: event.engine == number).pid, signal.SIGKILL)


def while_it_starts(watcher: Watcher) -> None:
    watcher.kill(1)


def while_it_serves(watcher: Watcher) -> None:
    watcher.serves(1)
    watcher.kill(1)


def while_it_is_to_take_over(watcher: Watcher) -> None:
    watcher.apply_held(nthreads=1)
    watcher.kill(2)
    watcher.wait(Refused)
    watcher.session.stop()


def while_another_is_to_take_over(watcher: Watcher) -> None:
    watcher.apply_held(nthreads=1)
    watcher.kill(1)
    watcher.wait(EngineExited, lambda event: event.engine == 1)
    watcher.let_compile()
    watcher.serves(2)
    watcher.session.stop()


def refused(watcher: Watcher) -> None:
    watcher.apply(shape="[3,3]")
    watcher.wait(Refused)
    watcher.session.stop()


@dataclass(frozen=True)
class EngineFault(Fault):
    """What is done to a session that `ovtui run` began."""

    done: Callable[[Watcher], None] = refused


KILLED = ["", "engine 1 died with SIGKILL (9: ...)", "engine 2 died with SIGKILL (9: ...)"]
ENGINES = [
    EngineFault("the first engine is killed while it starts: ovtui run", KILLED[1], 1, SECTION, while_it_starts),
    EngineFault("the engine is killed while it serves: ovtui run", KILLED[1], 1, SECTION, while_it_serves),
    EngineFault("the engine of a change is killed while it compiles", f"{KILLED[2]}; engine 1 serves at the end", 0,
                SECTION, while_it_is_to_take_over),
    EngineFault("the serving engine is killed while the one of a change compiles", f"{KILLED[1]}; engine 2 serves at "
                "the end", 0, SECTION, while_another_is_to_take_over),
    EngineFault("a change of settings is refused", "refused: ", 0, SECTION, refused),
]  # fmt: skip
OTHERS = [
    Fault("the engine is killed, R starts it again, q", f"{KILLED[1]}; engine 2 serves at the end", 0, SECTION),
    Fault("the engine is killed, R, and q before the new one serves", f"{KILLED[1]}; the one started in its place did "
          "not serve yet", 1, SECTION),
]  # fmt: skip
FAULTS: list[Fault] = [*ENGINES, *OTHERS]


def tells(text: str, outcome: str) -> bool:
    """Whether a text tells the outcome, in which '(9: ...)' stands for what SIGKILL means."""
    return all(part in text for part in outcome.split("(9: ...)"))


@pytest.mark.parametrize("fault", ENGINES, ids=id_of)
def test_of_a_run(
    fault: EngineFault,
    program_env: dict[str, str],
    no_leftovers: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", program_env["XDG_RUNTIME_DIR"])
    (tmp_path / "sitecustomize.py").write_text(HOLD)
    hold = tmp_path / "hold"
    env = {**program_env, "PYTHONPATH": str(tmp_path), "HOLD": str(hold)}
    command = ovtui("run", "demo-matmul", "-d", "CPU", "-t", "300", "--rate", "50")
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        # It stays connected: its last command may be lost where it leaves before the host has read it.
        watcher = Watcher(hold)
        fault.done(watcher)
        _, err = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, tells(err, fault.outcome)) == (fault.code, True), err
    assert ("died" in err) == ("died" in fault.outcome)


def test_of_a_dashboard(start: StartProgram, program_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", program_env["XDG_RUNTIME_DIR"])
    program = start("demo-matmul", "-d", "CPU", "--rate", "50")
    watcher = Watcher()
    while_it_serves(watcher)
    program.wait_for("DIED")
    program.keys("R")
    watcher.serves(2)
    watcher.session.detach(hangup=False)
    program.wait_for(lambda text: "DIED" not in text and completed(text) > 20)
    program.keys("q")
    assert program.wait() == 0
    assert tells(" ".join(program.text.split()), OTHERS[0].outcome)
    program.assert_terminal_restored()


def spawned(engine: int, t_s: float) -> EngineSpawned:
    return EngineSpawned(t_ns=int(t_s * SECOND), engine=engine, pid=engine, settings=Settings())


def exited(engine: int, t_s: float, *, expected: bool = False) -> EngineExited:
    return EngineExited(
        t_ns=int(t_s * SECOND), engine=engine, expected=expected, code=-9, signal="SIGKILL", last_words="", unfinished=0
    )


def code_after(
    *events: Event, host: HostState | None = None, host_gone: bool = False, interrupted: bool = False
) -> Exit:
    digest = Digest()
    digest.feed(update(records([500.0, 505.0]), *started(), now_s=1, submitted=2))
    digest.feed(update(None, *events, now_s=9, submitted=2, host_gone=host_gone, host=host or HostState()))
    return session_exit(digest, interrupted=interrupted)


STOPPED = LoadEnded(t_ns=4 * SECOND, engine=1, reason="stopped", submitted=2, unsent=0, ended_ns=4 * SECOND)


@pytest.mark.parametrize(
    ("events", "more", "code", "told"),
    [
        ([], {}, 0, ""),
        ([exited(1, 2.0)], {}, 1, "engine 1 died with SIGKILL (9: ...)"),
        ([exited(1, 2.0), spawned(2, 3.0)], {}, 1, "; the one started in its place did not serve yet\n"),
        ([exited(1, 2.0, expected=True)], {}, 0, ""),
        ([STOPPED], {}, 0, "the load was ended by another view\n"),
        ([STOPPED], {"interrupted": True}, 130, ""),
        (
            [],
            {"host": HostState(ended="session a was ended by another view")},
            0,
            "session a was ended by another view\n",
        ),
        (
            [exited(1, 2.0)],
            {"host": HostState(ended="session a was ended by another view")},
            1,
            "died with SIGKILL (9: ...)",
        ),
        ([], {"host": HostState(ended="by a signal", signalled=True)}, 130, "by a signal\n"),
        ([], {"host_gone": True}, 1, "the host process died; what was measured until then is above\n"),
        (
            [],
            {"host_gone": True, "host": HostState(unreadable="its host is newer")},
            1,
            "ovtui: its host is newer; what",
        ),
    ],
)
def test_how_it_stands_at_the_end(
    events: list[Event], more: dict[str, object], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_after(*events, **more) == code  # type: ignore[arg-type]
    err = capsys.readouterr().err
    assert tells(err, told) if told else (err == "")


def test_the_page_of_exit_codes_is_made_of_the_codes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m ovtui.cli.exit_codes > docs/exit-codes.md"
    assert {row.code for rows in OUTCOMES.values() for row in rows} == set(Exit)


def test_the_page_has_what_these_tests_find() -> None:
    found = {(re.sub(r"engine \d", "engine", row.told), row.code) for rows in OUTCOMES.values() for row in rows}
    tried = [fault for fault in FAULTS if "died" in fault.outcome]
    assert len(tried) == 6
    assert {(re.sub(r"engine \d", "engine", fault.outcome), fault.code) for fault in tried} <= found
