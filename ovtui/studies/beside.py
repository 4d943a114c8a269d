"""What a second model on the same machine costs this session's: the load of this one runs on unchanged, that of the
second one is switched on and off, alone / beside / beside / alone, and the blocks are compared as those of a trial.

The second model has a session of its own (second_session.py), which ends with this process. What it loses itself cannot
be told by switching it alone: only what it does beside is told of it."""

from __future__ import annotations

import contextlib
import math
import os
import select
from collections.abc import Callable
from typing import Literal

from ovtui.host.client import InheritedSession
from ovtui.host.trial_plan import LONGEST_REHEARSAL_S, REHEARSAL_REQUESTS, REHEARSAL_S, TrialPlan
from ovtui.metrics.comparison.beside_text import beside_text
from ovtui.metrics.comparison.trial_figures import TrialFigures
from ovtui.metrics.session.session_state import STAND_IN_DEVICES
from ovtui.records.events import (
    DeviceChanged,
    SegmentBegan,
    TrialBegan,
    TrialBlock,
    TrialEnded,
    TrialEnding,
    TrialSide,
    TrialTurn,
)
from ovtui.records.study_events import BesideAnswer, BesideSpec
from ovtui.studies.beside_plan import TAIL_SHARE, guard_s, load_of, plan_beside, rest_s
from ovtui.studies.conductor import LOOK_S, NICE, Conductor, Found, StudyStopped
from ovtui.studies.second_session import LATE_NS, SECOND_NS, SecondSession

SWITCH_S = 30.0
"""The longest that the second model's load may take to begin, or to halt and drain: its host or its driver hangs."""
ANSWERS_S = 3.0
"""How long the study waits for its own last event to come back from the host."""


class Broken(Exception):
    """Alone and beside cannot be compared any further. The text says why; `whole`: the study ends, too."""

    def __init__(self, text: str, *, ending: Literal["failed", "cancelled"] = "failed", whole: bool = True) -> None:
        super().__init__(text)
        self.ending, self.whole = ending, whole


def run(conductor: Conductor) -> Found:
    spec = conductor.began.spec
    assert isinstance(spec, BesideSpec)
    try:
        second = SecondSession(spec, conductor.session.origin_ns, conductor.session.session)
    except OSError as error:
        why = f"no host process can be started: {error.strerror}"
        return Found(f"beside {spec.settings.model}: {why}", BesideAnswer(trial=0), failed=True)
    os.nice(NICE)  # only now: host and engine of the second model are as any others
    try:
        return Beside(conductor, spec, second).run()
    finally:
        second.close()


def wait_for_either(first: InheritedSession, second: SecondSession, timeout_s: float) -> None:
    select.select([first, second.session], [], [], timeout_s)


class Beside:
    """Owner: the study's process, which has one thread."""

    def __init__(self, conductor: Conductor, spec: BesideSpec, second: SecondSession) -> None:
        self._conductor, self._spec, self._second = conductor, spec, second
        self._model = spec.settings.model
        self._trial = max((each.began.trial for each in conductor.digest.session_state.trials), default=0) + 1
        self._segment = 0
        """Of the first model, in force while the trial runs; 0 before and after it."""
        self._rests_from_ns: int | None = None
        self._rests_until_ns: int | None = None
        self._next_second_ns = 0

    @property
    def _now_ns(self) -> int:
        return self._conductor.now_ns

    def run(self) -> Found:
        """Raises SessionGone."""
        broken: Broken | None = None
        ending: TrialEnding = "done"
        try:
            self._until_ready()
            self._begin()
            ending = self._alternate(self._rehearse())
        except Broken as error:
            broken, ending = error, error.ending
        except StudyStopped:
            ending = "done" if self._conductor.stopped == "time" else "cancelled"
        figures = self._end(ending, str(broken or ""))
        why = str(broken or "it was stopped").removeprefix(f"{self._model}: ")
        text = beside_text(figures) if figures is not None else f"beside {self._model}: {why}"
        if self._spec.goes_on and not self._conductor.stopped and (broken is None or not broken.whole):
            broken = self._go_on()
            text += f"; then {broken}" if broken is not None else ""
        if self._second.overload:
            text += f"; {self._model} itself was {self._second.overload}"
        answer = BesideAnswer(
            trial=self._trial if figures is not None else 0,
            second=self._second.figures(self._now_ns),
            session=self._second.name,
            recording=self._spec.record,
            offset_ns=self._second.offset_ns,
            overload=self._second.overload,
        )
        return Found(text, answer, failed=broken is not None and broken.whole)

    # The parts of it

    def _until_ready(self) -> None:
        self._conductor.step("compiling", f"{self._model} starts beside")
        self._until(lambda: self._second.ready and self._first_is_ready)

    @property
    def _first_is_ready(self) -> bool:
        state = self._conductor.digest.session_state
        return state.phase == "serving" and (state.engine is None or state.engine.devices != STAND_IN_DEVICES)

    def _begin(self) -> None:
        state = self._conductor.digest.session_state
        assert state.segment is not None
        self._segment, self._next_second_ns = state.segment.segment, self._now_ns + SECOND_NS
        settings = state.segment.settings
        left_s = self._left_s()
        self._conductor.session.tell(
            TrialBegan(
                t_ns=self._now_ns, trial=self._trial, engine=state.segment.engine, a=settings, b=settings,
                changes=[f"beside {self._model}"], limit_s=left_s, for_p99=True,
                beside=self._model,
            )
        )  # fmt: skip
        self._end_ns = self._now_ns + int(left_s * 1e9)
        self._conductor.step("measuring", f"alone against beside {self._model}", left_s=left_s)

    def _left_s(self) -> float:
        """For alternating, of all the time that the study has."""
        spec, began_ns = self._spec, self._conductor.began.t_ns
        left_s = began_ns / 1e9 + spec.limit_s - self._now_ns / 1e9 if spec.limit_s else spec.alternate_s
        return max(min(left_s, spec.alternate_s), 0.0)

    def _rehearse(self) -> TrialPlan:
        """Both, then the first one alone: from what they serve follow the lengths of blocks and guard times."""
        self._switch("B")
        self._tell_turn("B", [], 0, None)
        beside_per_s, second_per_s = self._rates()
        self._switch("A")
        self._tell_turn("A", [], 0, None)
        alone_per_s, _ = self._rates()
        first, second = self._conductor.digest, self._second.digest
        guard = guard_s(load_of(first, alone_per_s), load_of(first, beside_per_s), load_of(second, second_per_s))
        return plan_beside((self._end_ns - self._now_ns) / 1e9, guard, min(alone_per_s, beside_per_s))

    def _rates(self) -> tuple[float, float]:
        """What both serve now, 1/s."""
        first, second = self._conductor.digest, self._second.digest
        began_ns, before = self._now_ns, (first.snapshot().completed, second.snapshot().completed)

        def counted() -> bool:
            lasted_s = (self._now_ns - began_ns) / 1e9
            few = first.snapshot().completed - before[0] < REHEARSAL_REQUESTS
            return lasted_s >= (LONGEST_REHEARSAL_S if few else REHEARSAL_S)

        self._until(counted)
        lasted_s = (self._now_ns - began_ns) / 1e9
        now = first.snapshot().completed, second.snapshot().completed
        return (now[0] - before[0]) / lasted_s, (now[1] - before[1]) / lasted_s

    def _alternate(self, plan: TrialPlan) -> TrialEnding:
        done = 0
        while done < plan.blocks:
            side, count = plan.turn(done)
            left_s = (self._end_ns - self._now_ns) / 1e9
            count = min(count, int((left_s - plan.guard_s) / plan.block_s + 0.05))
            if count < 1:
                break
            self._switch(side)
            blocks = plan.spans(self._now_ns, count)
            if side == "B":
                self._second.add_blocks(blocks)
            self._tell_turn(side, blocks, done, plan)
            self._until_ns(blocks[-1].until_ns + int(TAIL_SHARE * plan.guard_s * 1e9))
            done += count
            figures = self._figures()
            if figures is not None and figures.narrow:
                return "narrow"
        return "done"

    def _switch(self, side: TrialSide) -> None:
        """Has the second model make its load, or rest, and returns once it does."""
        second = self._second
        if side == "B":
            if second.serving and second.switched:
                return
            self._rests_until_ns = self._now_ns
            second.begin()
            self._until(lambda: second.switched, within_s=SWITCH_S)
            self._rests_from_ns = self._rests_until_ns = None
        elif second.serving:
            second.rest()
            self._until(lambda: second.switched, within_s=SWITCH_S)
            self._rests_from_ns, self._rests_until_ns = second.switched_ns, None

    def _tell_turn(self, side: TrialSide, blocks: list[TrialBlock], done: int, plan: TrialPlan | None) -> None:
        segment = self._conductor.digest.session_state.segment
        assert segment is not None
        self._conductor.session.tell(
            TrialTurn(
                t_ns=self._now_ns,
                trial=self._trial,
                side=side,
                engine=segment.engine,
                segment=self._segment,
                blocks=blocks,
                first_block=done + 1,
                planned_blocks=plan.blocks if plan is not None else 0,
                ends_ns=self._end_ns if plan is None else self._now_ns + int(rest_s(plan, done) * 1e9),
            )
        )

    def _figures(self) -> TrialFigures | None:
        trials = self._conductor.digest.trials()
        return trials[-1] if trials and trials[-1].state.began.trial == self._trial else None

    def _end(self, ending: TrialEnding, text: str) -> TrialFigures | None:
        """Ends the trial; None where it has not begun."""
        if not self._segment:
            return None
        self._segment = 0
        self._conductor.session.tell(TrialEnded(t_ns=self._now_ns, trial=self._trial, reason=ending, text=text))
        until_ns = self._now_ns + int(ANSWERS_S * 1e9)
        while self._conductor.digest.session_state.trial is not None and self._now_ns < until_ns:
            self._look_whatever_happens()
        return self._figures()

    def _go_on(self) -> Broken | None:
        """Both serve until a person stops the study, or one of them does not go on; returns why."""
        self._conductor.step("serving", "both models")
        try:
            self._switch("B")
            while True:
                self._look(LOOK_S)
        except StudyStopped:
            return None
        except Broken as error:
            return error

    # Looking at both sessions

    def _until(self, reached: Callable[[], bool], *, within_s: float = math.inf) -> None:
        began_ns = self._now_ns
        while not reached():
            self._look(LOOK_S)
            if self._now_ns - began_ns > within_s * 1e9:
                raise Broken(f"{self._model}: its load did not begin, or drain, within {within_s:g} s; it hangs")

    def _until_ns(self, t_ns: int) -> None:
        while self._now_ns < t_ns:
            self._look(min(LOOK_S, (t_ns - self._now_ns) / 1e9))

    def _look_whatever_happens(self) -> None:
        with contextlib.suppress(StudyStopped, Broken):
            self._look(LOOK_S)

    def _look(self, timeout_s: float) -> None:
        """Looks at both once. Raises Broken, StudyStopped, SessionGone."""
        wait_for_either(self._conductor.session, self._second, timeout_s)
        events = self._conductor.look(0).events
        self._second.poll()
        self._tell_seconds()
        failure = self._second.failure
        if failure:
            raise Broken(failure if failure.startswith(f"{self._model}: ") else f"{self._model}: {failure}")
        state = self._conductor.digest.session_state
        if state.phase == "ended":
            raise Broken("the load has ended")
        if state.phase in ("died", "failed"):
            raise Broken("the engine of this session died")
        if not self._segment:
            return
        for event in events:
            if isinstance(event, SegmentBegan) and event.segment != self._segment:
                raise Broken("the settings were changed", ending="cancelled", whole=False)
            if isinstance(event, DeviceChanged):
                raise Broken("the device changed", whole=False)

    def _tell_seconds(self) -> None:
        while self._next_second_ns and self._now_ns >= self._next_second_ns + LATE_NS:
            end_ns = self._next_second_ns
            from_ns, until_ns = self._rests_from_ns, self._rests_until_ns
            rested = (
                from_ns is not None and from_ns <= end_ns - SECOND_NS and (until_ns is None or until_ns >= end_ns)
            )  # fmt: skip
            self._conductor.session.tell(self._second.tell(self._conductor.began.study, end_ns, rested=rested))
            self._next_second_ns = end_ns + SECOND_NS
