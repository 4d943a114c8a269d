"""A trial: two settings serve in turns, each by an engine of its own that stays resident, so that their figures can be
compared in alternating blocks (A B B A). Only one is loaded at a time.

Two engines also where OpenVINO would take the change live: what is compared is what would be in force afterwards, and a
change in one engine makes new infer requests at every turn, whose first inferences are slow.

The host alternates and marks the blocks; the figures and the verdict come from the records, in metrics.comparison, so
that a live session, an attached one and a replay show the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal, Protocol

from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.trial_plan import (
    LONGEST_REHEARSAL_S,
    READY_WITHIN,
    REHEARSAL_REQUESTS,
    REHEARSAL_S,
    SideLoad,
    TrialPlan,
    plan_trial,
)
from ovtui.records.events import Event, TrialBegan, TrialEnded, TrialEnding, TrialMark, TrialSide, TrialTurn
from ovtui.records.trial_events import TrialTerms
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings

DECISION_S = 120.0
"""How long the engine of the settings on trial waits, halted, for a person to put them in force."""
STEP_S = 0.25

Phase = Literal["compiling", "switching", "serving", "over"]


class TrialStage(Protocol):
    """What a trial needs of the supervisor."""

    def halt_serving(self) -> None:
        """Halts the serving engine; `Trial.drained` follows."""

    def let_serve(
        self, engine: EngineProcess, segment: int | None, changes: list[str], side: TrialMark, paused_ns: int = 0
    ) -> int:
        """Has an engine serve that is compiled and halted. Returns the segment: a new one for None. `paused_ns`: how
        long there was no load, which a load with a duration makes up for."""

    def label_anew(self, changes: list[str]) -> None:
        """Gives the requests of the serving engine a new segment."""

    def apply(self, wanted: Settings) -> None: ...


class Trial:
    """One trial, from its compile until the decision. Owner: the Supervisor, whose serving engine is always one of the
    two while the trial alternates."""

    def __init__(
        self,
        number: int,
        a: EngineProcess,
        b: EngineProcess,
        limit_s: float,
        stage: TrialStage,
        publish: Callable[[Event], None],
        dismiss: Callable[[EngineProcess], None],
        now_ns: Callable[[], int],
        terms: TrialTerms | None = None,
        *,
        pinned: bool = False,
    ) -> None:
        """`a` serves, `b` compiles its settings; with `pinned` they are called B and A to everyone else. `limit_s`: 0
        for no limit, where the terms have a number of blocks. `dismiss` kills an engine, unless it serves: the
        supervisor ends that one in its own way. `now_ns` is the session clock."""
        self.number = number
        self.a = a
        self.b: EngineProcess | None = b
        """None once it has been dismissed or has taken over for good."""
        self._stage, self._publish, self._dismiss, self._now_ns = stage, publish, dismiss, now_ns
        self._terms, self._pinned = terms or TrialTerms(), pinned
        self._began_ns = now_ns()
        self._limit_s = limit_s
        self._limit_ns = self._began_ns + int(limit_s * 1e9) if limit_s else None
        # Before B compiles beside it.
        self._a_per_s = a.counters.written / max((self._began_ns - a.served_from_ns) / 1e9, 1e-3)
        self._b_written = 0
        self._plan: TrialPlan | None = None
        self._done = 0
        """Blocks that are over."""
        self._in_turn = 0
        """Blocks of the turn that runs or comes."""
        self._next: TrialSide = "B"
        """Who serves once the other one has drained."""
        self._segments: dict[TrialSide, int] = {}
        self._turn_ns = 0
        self._ended = False
        self._keep_b = False
        self._then: Settings | None = None
        """To be applied once A serves again: the change that cancelled the trial."""
        self.phase: Phase = "compiling"
        self._due_ns: int | None = None
        if limit_s and not self._terms.limit_without_compile:
            self._due_ns = self._began_ns + int(READY_WITHIN * limit_s * 1e9)

    def announce(self, changes: list[str]) -> None:
        assert self.b is not None
        in_force, tried = self.a.settings, self.b.settings
        self._publish(
            TrialBegan(
                t_ns=self._began_ns,
                trial=self.number,
                engine=self.b.number,
                a=tried if self._pinned else in_force,
                b=in_force if self._pinned else tried,
                changes=changes,
                limit_s=self._limit_s,
                pinned=self._pinned,
                within=self._terms.within,
                confidence=self._terms.confidence,
                luck=self._terms.luck,
                for_p99=self._terms.for_p99,
                resumes=self._terms.resumes,
            )
        )

    @property
    def running(self) -> bool:
        """False once it has ended and A serves again."""
        return self.phase != "over"

    def due_ns(self) -> int | None:
        """When `step` is to be called, on the session clock."""
        return self._due_ns

    # What happens to the engines

    def look_at_b(self) -> None:
        """To be called when B has compiled or its device has changed: the first turn begins once B is ready."""
        b = self.b
        if self.phase != "compiling" or b is None or not b.ready:
            return
        if b.stands_in:
            return  # its accelerator compiles still
        if self._limit_ns is not None and self._terms.limit_without_compile:
            self._limit_ns = self._now_ns() + int(self._limit_s * 1e9)
        self._switch("B")

    def drained(self) -> None:
        """The serving engine has halted and drained: the other one serves."""
        if self.phase == "switching":
            self._serve()

    def lost_b(self, reason: str, *, served: bool) -> None:
        """B has exited, while it served or while A did: A serves."""
        self.b = None
        self.end("failed", reason)
        if served:
            self._return_to_a()

    # Steps in time

    def step(self) -> None:
        """Does what is due."""
        now_ns = self._now_ns()
        if self._due_ns is None or now_ns < self._due_ns:
            return
        self._due_ns = None
        if self.phase == "over":
            self.release()
        elif self.phase == "compiling":
            ready_s = READY_WITHIN * self._limit_s
            why = "compile" if self.b is not None and not self.b.ready else "wait for the accelerator"
            self.end("failed", f"the settings on trial {why} for more than {ready_s:.0f} s: no time is left to compare")
        elif self.phase == "serving" and self._plan is None:
            self._end_rehearsal(now_ns)
        elif self.phase == "serving":
            self._done += self._in_turn
            self._next_turn(now_ns)

    def _end_rehearsal(self, now_ns: int) -> None:
        assert self.b is not None
        back, lasted_s = self.b.counters.written - self._b_written, (now_ns - self._turn_ns) / 1e9
        if back < REHEARSAL_REQUESTS and lasted_s < LONGEST_REHEARSAL_S:
            self._due_ns = now_ns + int(STEP_S * 1e9)
            return
        loads = _load_of(self.a, self._a_per_s), _load_of(self.b, back / lasted_s)
        self._plan = plan_trial(self._left_s(now_ns), *loads, self._terms)
        self._next_turn(now_ns)

    def _next_turn(self, now_ns: int) -> None:
        plan = self._plan
        assert plan is not None
        if self._done >= plan.blocks:
            self.end("done")
            return
        side, count = plan.turn(self._done)
        left_s = self._left_s(now_ns)
        if not self._terms.blocks and left_s < plan.guard_s + (count - 0.05) * plan.block_s:
            count = int((left_s - plan.guard_s) / plan.block_s + 0.05)
        if count < 1:
            self.end("done")
            return
        self._in_turn = count
        self._switch(side)

    def _left_s(self, now_ns: int) -> float:
        return math.inf if self._limit_ns is None else (self._limit_ns - now_ns) / 1e9

    def _called(self, side: TrialSide) -> TrialSide:
        """What everyone else calls a side."""
        return side if not self._pinned else "B" if side == "A" else "A"

    def _switch(self, side: TrialSide) -> None:
        self._next, self.phase, self._due_ns = side, "switching", None
        self._stage.halt_serving()

    def _serve(self) -> None:
        """The engine of `_next` serves."""
        if self._ended:
            self._return_to_a()
            return
        engine = self.a if self._next == "A" else self.b
        assert engine is not None
        now_ns = self._turn_ns = self._now_ns()
        spans = self._plan.spans(now_ns, self._in_turn) if self._plan is not None else []
        changes = [f"trial: {'as it was' if self._next == 'A' else ', '.join(engine.changes) or 'the same'}"]
        self._segments[self._next] = self._stage.let_serve(
            engine, self._segments.get(self._next), changes, self._called(self._next)
        )  # fmt: skip
        self.phase = "serving"
        self._b_written = engine.counters.written if self._plan is None else 0
        self._due_ns = spans[-1].until_ns if spans else now_ns + int(REHEARSAL_S * 1e9)
        rest_s = self._plan.rest_s(self._done) if self._plan is not None else 0.0
        self._publish(
            TrialTurn(
                t_ns=now_ns,
                trial=self.number,
                side=self._called(self._next),
                engine=engine.number,
                segment=self._segments[self._next],
                blocks=spans,
                first_block=self._done + 1,
                planned_blocks=self._plan.blocks if self._plan is not None else 0,
                ends_ns=now_ns + int(rest_s * 1e9) if self._plan is not None else self._limit_ns or now_ns,
            )
        )

    # The end

    def end(self, reason: TrialEnding, text: str = "", then: Settings | None = None) -> None:
        """Ends the trial: A serves again, under a new label, then `then` is applied. B waits for a decision after a
        trial that was not cancelled and did not fail."""
        if self._ended:
            self._then = then or self._then
            return
        self._ended, self._then, was, self._due_ns = True, then, self.phase, None
        self._publish(TrialEnded(t_ns=self._now_ns(), trial=self.number, reason=reason, text=text))
        self._keep_b = reason in ("done", "narrow")
        if was == "compiling":
            self._over()
        elif was == "serving" and self._next == "A":
            self._stage.label_anew(["trial over"])
            self._over()
        elif was == "serving" and self.b is not None:
            self._switch("A")
        # Else an engine drains, and A serves after it.

    def abandon(self, text: str) -> None:
        """Ends the trial, if it runs, because the load ends or A is gone: none of its engines serves from now on."""
        if not self._ended:
            self._ended = True
            self._publish(TrialEnded(t_ns=self._now_ns(), trial=self.number, reason="failed", text=text))
        if self.running:
            self._dismiss(self.a)
        self.phase, self._due_ns = "over", None
        self.release()

    def release(self) -> None:
        """Gives up the engine that waits for a decision."""
        if self.b is not None:
            self._dismiss(self.b)
            self.b = None

    def _return_to_a(self) -> None:
        self._stage.let_serve(self.a, None, ["trial over"], "")
        self._over()

    def _over(self) -> None:
        self.phase = "over"
        if self._keep_b:
            self._due_ns = self._now_ns() + int(DECISION_S * 1e9)
        else:
            self.release()
        if self._then is not None:
            self._stage.apply(self._then)


def _load_of(engine: EngineProcess, per_s: float) -> SideLoad:
    settings = engine.settings
    timeout_s = settings.batch_timeout_in_force_ms / 1e3 if engine.may_batch else 0.0
    return SideLoad(per_s, engine.nireq, is_closed_loop(settings), timeout_s)
