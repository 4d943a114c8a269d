"""Looks for shapes that work, for a model that leaves them open or fails with those that ovtui chose: the engine's end
of engine.model.shape_trial_child."""

from __future__ import annotations

import os
import selectors
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model.open_shapes import OpenShapes
from ovtui.engine.model.shape_trial_child import Ended, Failed, Question, Report, Tries, Works
from ovtui.records.odd_names import from_json, to_json
from ovtui.settings.schema.settings import Settings

LIMIT_S = 15.0
"""Of a whole search, which for most models takes about a second. A large one gets no further than its first shapes."""
STEP_S = 5.0
"""Of one shape: a child that says nothing for so long hangs."""
NOTICE_S = 2.0
"""A search that takes longer is told."""
TOO_LONG = "it took too long"
"""Why a shape failed of which nothing else is known."""
SEARCHING = "looking for shapes that work"
_REPORTS: msgspec.json.Decoder[Report] = msgspec.json.Decoder(Report)
_COMMAND = (sys.executable, "-m", "ovtui.engine.model.shape_trial_child")


@dataclass(slots=True)
class Search:
    """What was found."""

    works: str = ""
    """For --shape; empty where none worked."""
    is_default: bool = False
    tried: dict[str, str] = field(default_factory=dict)
    """Why each failed, in the order in which they were tried; empty while one is being tried."""
    fatal: list[str] = field(default_factory=list)
    """What a child did not survive."""
    in_time: bool = True

    def take(self, report: Report) -> bool:
        """Returns True at the end."""
        match report:
            case Tries():
                self.tried.setdefault(report.shape, "")
            case Failed():
                self.tried[report.shape] = report.reason
            case Works():
                self.works, self.is_default = report.shape, report.default
        return isinstance(report, Works | Ended)

    def died(self, reason: str) -> None:
        """The child is gone, or is about to be."""
        for shape, known in self.tried.items():
            if not known:
                self.tried[shape] = reason
                self.fatal.append(shape)


def with_suggestion(error: SetupError, settings: Settings, say: Callable[[str], None], *, chosen: bool) -> SetupError:
    """The error with shapes that have carried an inference, where shapes are what is wrong. `chosen`: ovtui chose the
    shapes of the model that failed. `say` takes a sentence for the person while this looks for them. Blocks for LIMIT_S
    at most. For a thread that outlives the call: the child dies with it."""
    if isinstance(error, OpenShapes):
        found = search(settings, defaults=False, notice=lambda: say(f"{SEARCHING}: {error.what}"))
        if found.works:
            how = "which has carried an inference"
            return suggesting(f"{error.what}; give them with", found.works, how)
        return SetupError(f"{error}; {none_text(found)}")
    if not chosen or isinstance(error, UsageError):
        return error
    reason = str(error).rstrip(".")
    found = search(settings, defaults=True, notice=lambda: say(f"{SEARCHING}: {reason}"))
    if not found.works or found.is_default:
        return error
    return suggesting(f"{reason}; other shapes have carried an inference:", found.works, "")


def suggesting(text: str, shape: str, after: str) -> SetupError:
    """The sentence with the whole option, and the setting for the dashboard's key."""
    error = SetupError(f"{text} --shape {shlex.quote(shape)}{', ' if after else ''}{after}")
    error.suggestion = {"shape": shape}
    return error


def none_text(found: Search) -> str:
    """Says what was tried in vain."""
    if not found.tried:
        return f"no shape could be tried within {LIMIT_S:g} s" if not found.in_time else "no shape could be tried"
    within = "" if found.in_time else f" within {LIMIT_S:g} s"
    usual, reason = next(iter(found.tried.items()))
    return (
        f"no shape tried has carried an inference{within} "
        f"({len(found.tried)} tried; the most usual, {usual}, failed: {reason.rstrip('.:')})"
    )


def search(
    settings: Settings,
    *,
    defaults: bool,
    notice: Callable[[], None] = lambda: None,
    limit_s: float = LIMIT_S,
    step_s: float = STEP_S,
    command: Sequence[str] = _COMMAND,
) -> Search:
    """Asks child after child, each of which passes over what the ones before did not survive. `notice` is called once
    where it takes NOTICE_S."""
    found = Search()
    clock = _Clock(limit_s, step_s, notice)
    while not clock.over:
        question = Question(settings, [*found.fatal], defaults, os.getpid())
        known = len(found.fatal)
        if _follow(command, question, found, clock) or len(found.fatal) == known:
            break
    found.in_time = not clock.over
    return found


class _Clock:
    """When to wait no longer: for a shape, for all of them."""

    def __init__(self, limit_s: float, step_s: float, notice: Callable[[], None]) -> None:
        now_s = time.monotonic()
        self._end_s, self._step_s, self._notice = now_s + limit_s, step_s, notice
        self._step_end_s = self._end_s
        self._notice_at_s: float | None = now_s + NOTICE_S

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._end_s

    def begin(self) -> None:
        """Of a child: to import and to read may take as long as there is time."""
        self._step_end_s = self._end_s

    def step(self) -> None:
        self._step_end_s = time.monotonic() + self._step_s

    def wait(self, selector: selectors.BaseSelector) -> bool:
        """Waits for something to read. Returns False where the time is over."""
        while True:
            now_s = time.monotonic()
            if self._notice_at_s is not None and now_s >= self._notice_at_s:
                self._notice_at_s = None
                self._notice()
            end_s = min(self._end_s, self._step_end_s)
            if now_s >= end_s:
                return False
            if selector.select(min(end_s, self._notice_at_s or end_s) - now_s):
                return True


def _follow(command: Sequence[str], question: Question, found: Search, clock: _Clock) -> bool:
    """Follows one child. Returns True where there is nothing left to try."""
    try:
        # Without preexec_fn, Python starts it with vfork: the engine's memory is neither copied nor locked.
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return True
    assert child.stdin is not None
    assert child.stdout is not None
    clock.begin()
    buffer = b""
    try:
        child.stdin.write(to_json(question))
        child.stdin.close()
        with selectors.DefaultSelector() as selector:
            selector.register(child.stdout, selectors.EVENT_READ)
            while clock.wait(selector):
                piece = os.read(child.stdout.fileno(), 65536)
                if not piece:
                    code = child.wait()
                    found.died(f"OpenVINO crashed, signal {-code}" if code < 0 else "the process that tried it ended")
                    return False
                *lines, buffer = (buffer + piece).split(b"\n")
                if any(found.take(from_json(_REPORTS, line)) for line in lines):
                    return True
                clock.step()
        found.died(TOO_LONG)
        return False
    except BrokenPipeError:
        return False
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
