"""One point of a sweep or a rank: it is served, and measured until its figures are good enough or it cannot win."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ovtui.metrics import number_format
from ovtui.metrics.latency.samples import measured_records
from ovtui.metrics.queries.power import segment_power
from ovtui.metrics.session.engine_state import EngineState
from ovtui.metrics.session.session_state import STAND_IN_DEVICES
from ovtui.metrics.sweep.blocks import Leave, PointBlocks
from ovtui.metrics.sweep.goals import Goal
from ovtui.metrics.sweep.grid import CompileKey, compile_key
from ovtui.records.events import StudyPoint, TurnBegan, TurnRefused
from ovtui.records.record import LATENCY_MS
from ovtui.records.study_events import Doing, PointFigures, PointOutcome
from ovtui.settings.schema.settings import Settings
from ovtui.studies.conductor import LOOK_S, Conductor, TurnFailed

GUARD_S = 2.0
"""An engine that has just been compiled serves so long before anything counts, or until it is warm."""
GUARD_SHARE = 0.4
"""And at most so much of the time of a point."""
ACCELERATOR_S = 900.0
"""How long AUTO's accelerator may compile."""
FAILED_S = 3.0
"""So long after the accelerator's compile has failed AUTO turns to the CPU itself, or to another device, or never."""
Until = Literal["good", "figures", "decided", "over"]
"""When a point may be left before its time is over: once its figures are good or it cannot win; once its figures are
good or its queue grows, whatever its limits; once it is known of each limit whether it holds; never."""
_WARM = ("steady", "unsteady", "none")


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a point."""

    outcome: PointOutcome
    reason: str = ""
    figures: PointFigures | None = None
    segment: int = 0
    begin_ns: int = 0
    until_ns: int = 0
    engine: int = 0
    """That served; 0 where none did."""
    served_ns: int = 0
    """Since when: before it was warm."""


class PointMeter:
    """Owner: the study's process."""

    def __init__(
        self, conductor: Conductor, goals: Callable[[], tuple[Goal, Goal]], *, starts_at_once: bool = False
    ) -> None:
        """`goals`: the goal, and what it is weighed against by what is known so far. `starts_at_once`: AUTO's stand-in
        makes an engine's first inference, as in a program of its own; it is not measured."""
        self._conductor, self._goals, self._starts_at_once = conductor, goals, starts_at_once
        self.compiling_s = self.measuring_s = 0.0
        """Of all points so far. Measuring ends when what was in flight at the end of the load has come back. Compiling
        begins with the engine's process; of what OpenVINO refuses it is the time until it did."""
        self._served_ns = 0
        self._compiled: list[CompileKey] = []
        """What engines are resident of, the newest last."""

    def measure(
        self, settings: Settings, text: str, for_s: float, step: Callable[[Doing], None],
        rivals: Sequence[StudyPoint] = (), *, keep: int = 0, until: Until = "good",
    ) -> Measured:  # fmt: skip
        """`step` is told what is done. `rivals`: the points that may win so far.

        Raises StudyStopped and SessionGone; a point that cannot be served has that as its outcome."""
        conductor, key = self._conductor, compile_key(settings)
        step("measuring" if key in self._compiled else "compiling")
        self._compiled = [*(each for each in self._compiled if each != key), key][-1 - keep :]
        asked_ns = conductor.now_ns
        try:
            turn = self._serve_warm(settings, text, for_s, keep)
        except TurnFailed as failed:
            self._compiled.remove(key)
            self.compiling_s += 0.0 if failed.died else (conductor.now_ns - asked_ns) / 1e9
            return Measured("failed" if failed.died else "refused", str(failed))
        step("measuring")
        begin_ns = conductor.now_ns
        try:
            left, beaten = self._look_on(turn, settings, for_s, rivals, until)
            ended = conductor.rest()
        except TurnFailed as failed:
            return Measured("failed", str(failed), segment=turn.segment, engine=turn.engine)
        self.measuring_s += (ended.t_ns - begin_ns) / 1e9
        outcome, reason = self._outcome(settings, left, beaten)
        figures = self._figures(turn.segment)
        if not figures.requests and outcome in ("measured", "unknown"):
            segments = self._conductor.digest.session_state.segments
            in_flight = next((each.nireq for each in segments if each.segment == turn.segment), 0)
            outcome, reason = "failed", why_nothing(figures, in_flight, (ended.halted_ns - begin_ns) / 1e9)
        return Measured(
            outcome, reason, figures, turn.segment, begin_ns, ended.halted_ns, turn.engine, self._served_ns
        )  # fmt: skip

    def _serve_warm(self, settings: Settings, text: str, for_s: float, keep: int) -> TurnBegan:
        """Has an engine serve that is warm: what a fresh one does first is a turn of its own, which does not count."""
        conductor = self._conductor
        turn = conductor.serve(settings, [text], keep=keep, at_once=self._starts_at_once)
        if turn.compile_ms is not None:
            self.compiling_s += turn.compile_ms / 1e3
        engines, compiled = conductor.digest.session_state.engines, turn.compile_ms is not None
        if self._starts_at_once and compiled and engines[turn.engine].devices == STAND_IN_DEVICES:
            while engines[turn.engine].first is None:
                conductor.measure(LOOK_S)
            conductor.rest()
            self._wait_for_accelerator(engines[turn.engine])
            turn = conductor.serve(settings, [text], keep=keep, at_once=True)
        self._served_ns = turn.t_ns
        if not compiled:
            return turn
        until_ns = conductor.now_ns + int(min(GUARD_S, GUARD_SHARE * for_s) * 1e9)
        while conductor.now_ns < until_ns and conductor.digest.snapshot().warm_up.state not in _WARM:
            conductor.measure((until_ns - conductor.now_ns) / 1e9)
        return conductor.serve(settings, [text], keep=keep)

    def _wait_for_accelerator(self, engine: EngineState) -> None:
        """Returns once it serves, or nothing comes of it: then the stand-in stays. Raises TurnFailed."""
        conductor, failed_ns = self._conductor, 0
        until_ns = conductor.now_ns + int(ACCELERATOR_S * 1e9)
        while engine.devices == STAND_IN_DEVICES:
            conductor.measure(LOOK_S)
            if engine.exited is not None:
                raise TurnFailed("its engine died while its accelerator compiled", died=True)
            if conductor.now_ns > until_ns:
                raise TurnFailed(f"it waits for the accelerator for more than {ACCELERATOR_S:.0f} s", died=False)
            failed = engine.accelerator is not None and engine.accelerator.state == "failed"
            failed_ns = (failed_ns or conductor.now_ns) if failed else 0
            if failed and conductor.now_ns - failed_ns > FAILED_S * 1e9:
                return

    def _look_on(
        self, turn: TurnBegan, settings: Settings, for_s: float, rivals: Sequence[StudyPoint], until: Until
    ) -> tuple[Leave, str]:
        """Returns once the point is to be left: why, empty where its time was over, and the sentence on one that is
        beaten."""
        conductor, segment = self._conductor, self._conductor.digest.session_state.segment
        goal, second = self._goals()
        blocks = PointBlocks(goal, second, segment.nireq if segment is not None else 1)
        blocks.begin(conductor.now_ns / 1e9)
        until_ns = conductor.now_ns + int(for_s * 1e9)
        while (left_ns := until_ns - conductor.now_ns) > 0:
            update = conductor.look(min(left_ns / 1e9, LOOK_S))
            for event in update.events:
                if isinstance(event, TurnRefused) and event.turn == turn.turn:
                    raise TurnFailed(event.reason, died=event.died)
            blocks.items_per_request = conductor.digest.segment(turn.segment).items_per_request
            rows = measured_records(update.records)
            rows = rows[rows["segment"] == turn.segment]
            blocks.add(conductor.now_ns / 1e9, LATENCY_MS["response"](rows))
            if until == "over":
                continue
            verdicts = [verdict.verdict for verdict in conductor.digest.slo()] if settings.slo else []
            queue = conductor.digest.queue()
            why = blocks.look(
                conductor.now_ns / 1e9,
                missed=until != "figures" and "missed" in verdicts,
                decided=until == "figures" or "unknown" not in verdicts,
                overloaded=queue is not None and queue.overloaded,
                rivals=rivals,
            )
            if until == "decided" and "unknown" not in verdicts and "missed" not in verdicts:
                return "enough", ""
            if why == "beaten":
                rival = blocks.beaten_by(rivals)
                number = rival.point if rival is not None else 0
                return why, f"point {number} is better in {goal.name} and {second.name} in each of the last blocks"
            if why:
                return why, ""
        return "", ""

    def _outcome(self, settings: Settings, left: Leave, beaten: str) -> tuple[PointOutcome, str]:
        """Of a point that has drained."""
        digest = self._conductor.digest
        if left == "beaten":
            return "dropped", beaten
        queue = digest.queue()
        if left == "overload":
            return "overload", queue.sentence if queue is not None else "the queue of requests grew"
        if not settings.slo:
            return "measured", ""
        verdicts = digest.slo()
        for word in ("missed", "unknown", "held"):
            found = [verdict for verdict in verdicts if verdict.verdict == word]
            if found:
                return found[0].verdict, found[0].sentence
        return "unknown", "nothing was measured"

    def _figures(self, segment: int) -> PointFigures:
        digest = self._conductor.digest
        group = digest.segment(segment)
        response, power = group.latency["response"], segment_power(digest, segment).main
        return PointFigures(
            requests=group.measured,
            measured_s=group.span_s or 0.0,
            throughput=group.throughput,
            p50_ms=response.p50,
            p90_ms=response.p90,
            p99_ms=response.p99,
            mean_ms=response.mean,
            errors=group.errors,
            items_per_request=group.items_per_request,
            joules_per_request=power.joules_per_inference if power is not None else None,
        )


def why_nothing(figures: PointFigures, in_flight: int, lasted_s: float) -> str:
    """Of a point of which no request counts. A throughput of 0 would be a claim on the device; all that is known is
    that the time was too short."""
    if figures.errors:
        return f"{number_format.quantity(figures.errors, 'request')} failed, and none came back without an error"
    of = f"{in_flight} in flight" if in_flight > 1 else "the one in flight"
    return (
        f"no request came back in the {number_format.rough_seconds(lasted_s)} that it was measured ({of}): it "
        f"needs a longer --point{' or fewer in flight (--nireq)' if in_flight > 1 else ''}"
    )
