"""Finds the highest rate of an open loop at which limits hold, with the engine of the session.

Each probe is a turn: the load begins on an empty queue, a guard passes, and then its requests are judged until the
limits are known to hold or to be missed, the queue grows, or its time is over. What comes next is decided by
metrics.rate_search from the outcomes alone, so a study that was broken off goes on from its points."""

from __future__ import annotations

import contextlib
from typing import cast

import msgspec

from ovtui.metrics import number_format
from ovtui.metrics.rate_search.answer_text import answer_line, rate_of, rate_text
from ovtui.metrics.rate_search.probe import OUTCOMES, Outcome, Probe, ProbeResult
from ovtui.metrics.rate_search.probe_judge import MOST_LONGEST_S, Evidence, ProbeJudge, ProbeTime, Verdict, probe_time
from ovtui.metrics.rate_search.rate_limits import rate_limits
from ovtui.metrics.rate_search.rate_search import RateSearch
from ovtui.records.events import StudyPoint, TurnBegan
from ovtui.records.session_file.reader import SessionFileError
from ovtui.records.study_events import FindRateAnswer, FindRateSpec
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import Settings
from ovtui.studies.conductor import Conductor, Found, StudyStopped, TurnFailed
from ovtui.studies.earlier_points import read_earlier

CLOSED_LOOP_S = 1.5
"""How long the closed loop is looked at for the first guess."""
FIRST_SHARE = 0.5
"""Of what the closed loop reaches: the first guess."""
LOWEST_SHARE = 1 / 64
"""Of the same: where requests are as good as alone, and no lower rate is better."""
HIGHEST = 1e6
"""The highest rate that a load can have."""
NO_GUESS = 64.0
"""The first guess where the closed loop brought nothing back in its time."""
_DEATHS = 2
"""An engine that dies so often at one rate ends the study."""


def run(conductor: Conductor) -> Found:
    try:
        return FindRate(conductor).go()
    except SettingsError as error:
        return Found(str(error), None, failed=True)


class FindRate:
    """Owner: the study's process."""

    def __init__(self, conductor: Conductor) -> None:
        spec = conductor.began.spec
        assert isinstance(spec, FindRateSpec)
        self.conductor, self.spec, self.base = conductor, spec, conductor.began.settings
        self.limits = rate_limits(spec.slo)
        self._evidence: dict[float, Evidence] = {}
        self._limited_ms: dict[float, float | None] = {}
        """By rate, as its newest point has it."""
        self._search: RateSearch | None = None
        self._points = self._failed = 0
        self._earlier_s = 0.0

    def go(self) -> Found:
        try:
            self._search = self._resumed() or self._begun()
            while (probe := self._search.next_probe()) is not None:
                self._measure(probe)
        except SessionFileError as error:
            return Found(str(error), None, failed=True)
        except TurnFailed as error:
            answer = self._answer()
            before = f"; {answer_line(answer, done=False)}" if answer.probes else ""
            return Found(f"{error}{before}", answer if answer.probes else None, failed=True)
        except StudyStopped:
            pass
        with contextlib.suppress(TurnFailed):
            self.conductor.rest()
        answer = self._answer()
        done = self._search is not None and self._search.answer.done
        return Found(answer_line(answer, done=done), answer)

    # The beginning

    def _resumed(self) -> RateSearch | None:
        """The search as it was when its recording broke off; None where nothing is resumed, or nothing had been
        measured. The old points are told again. Raises SessionFileError."""
        earlier = read_earlier(self.spec.resumes, FindRateSpec) if self.spec.resumes else None
        measured = [point for point in earlier.points if point.outcome in OUTCOMES] if earlier is not None else []
        if earlier is None or not measured:
            return None
        self._earlier_s = earlier.lasted_s
        search = self._new_search(rate_of(measured[0]))
        for point in measured:
            self._points += 1
            self.conductor.tell(
                msgspec.structs.replace(
                    point, t_ns=self.conductor.now_ns, study=self.conductor.began.study, point=self._points
                )
            )
            if point.figures is not None:
                self._limited_ms[rate_of(point)] = point.figures.limited_ms
            search.told(ProbeResult(rate_of(point), cast(Outcome, point.outcome), point.pressure))
        return search

    def _begun(self) -> RateSearch:
        """A first guess: half of what the closed loop reaches, or the rate that the settings have."""
        if self.base.rate:
            return self._new_search(self.base.rate)
        conductor = self.conductor
        closed = msgspec.structs.replace(self.base, rate=0.0, arrival="constant", slo="", duration_s=0.0, requests=0)
        conductor.step("measuring", "the closed loop, for a first guess")
        turn = conductor.serve(closed, ["closed loop"])
        end_ns = conductor.now_ns + int(CLOSED_LOOP_S * 1e9)
        while conductor.now_ns < end_ns:
            conductor.measure((end_ns - conductor.now_ns) / 1e9)
        reached = conductor.digest.segment(turn.segment).throughput
        return self._new_search(FIRST_SHARE * reached if reached else NO_GUESS)

    def _new_search(self, first: float) -> RateSearch:
        lowest = first / FIRST_SHARE * LOWEST_SHARE
        return RateSearch(first, max(lowest, 1e-3), HIGHEST, self.spec.within)

    # A probe

    def _measure(self, probe: Probe) -> None:
        conductor = self.conductor
        time = probe_time(probe.rate, self.limits, self.spec.probe_s or MOST_LONGEST_S, long=probe.is_long)
        settings = self._settings(probe)
        self._points = number = self._points + 1
        again = probe.purpose == "again"
        conductor.step(
            "measuring again" if again else "measuring", rate_text(probe.rate), point=number,
            planned=self._planned(number), left_s=self._left_s(time),
        )  # fmt: skip
        before = self._evidence.get(probe.rate)
        evidence = self._evidence.setdefault(probe.rate, Evidence(self.limits))
        try:
            turn = conductor.serve(settings, [f"rate {rate_text(probe.rate)}"])
            judge = self._judge(evidence, time, turn)
            verdict = self._watch(judge)
        except TurnFailed as error:
            if before is None:
                del self._evidence[probe.rate]
            self._tell_failed(probe, settings, str(error))
            self._failed += 1
            if not error.died or self._failed >= _DEATHS:
                raise
            return
        self._failed = 0
        outcome = verdict.outcome
        figures = judge.figures(outcome)
        conductor.tell(
            StudyPoint(
                t_ns=conductor.now_ns, study=conductor.began.study, point=number, text=rate_text(probe.rate),
                values={"rate": f"{probe.rate:g}"}, settings=settings, outcome=outcome, reason=verdict.reason,
                figures=figures, segment=turn.segment, begin_ns=judge.guard_ns, until_ns=judge.until_ns,
                round=probe.times, pressure=verdict.pressure,
            )
        )  # fmt: skip
        self._limited_ms[probe.rate] = figures.limited_ms
        assert self._search is not None
        self._search.told(ProbeResult(probe.rate, outcome, verdict.pressure))

    def _judge(self, evidence: Evidence, time: ProbeTime, turn: TurnBegan) -> ProbeJudge:
        segment = self.conductor.digest.session_state.segment
        assert segment is not None
        counts = self.conductor.update
        begin_ns = segment.t_ns if segment.load_began_ns is None else max(segment.load_began_ns, segment.t_ns)
        judge = ProbeJudge(
            evidence, time, segment=turn.segment, first_seq=segment.first_seq, begin_ns=begin_ns,
            shed=counts.shed, lost=counts.lost,
        )  # fmt: skip
        self._feed(judge)
        return judge

    def _watch(self, judge: ProbeJudge) -> Verdict:
        """Until there is a verdict. Raises TurnFailed and StudyStopped."""
        while (verdict := judge.look(self.conductor.digest.queue())) is None:
            self.conductor.measure(1.0)
            self._feed(judge)
        return verdict

    def _feed(self, judge: ProbeJudge) -> None:
        update, digest = self.conductor.update, self.conductor.digest
        judge.feed(update, digest.session_state.accounts.waiting_now(update.engines, update.now_ns))

    def _settings(self, probe: Probe) -> Settings:
        """Each probe has arrivals of its own: times that repeat would repeat their luck."""
        arrival = self.spec.arrival
        if arrival == "poisson":
            arrival = f"poisson:{self.base.seed * 1000 + probe.number}"
        return msgspec.structs.replace(
            self.base, rate=probe.rate, arrival=arrival, slo=self.spec.slo, duration_s=0.0, requests=0
        )

    def _tell_failed(self, probe: Probe, settings: Settings, reason: str) -> None:
        self.conductor.tell(
            StudyPoint(
                t_ns=self.conductor.now_ns, study=self.conductor.began.study, point=self._points,
                text=rate_text(probe.rate), values={"rate": f"{probe.rate:g}"}, settings=settings, outcome="failed",
                reason=reason, round=probe.times,
            )
        )  # fmt: skip

    # How far it is

    def _planned(self, number: int) -> int:
        assert self._search is not None
        return max(self._search.planned - self._search.probes + number - 1, number)

    def _left_s(self, time: ProbeTime) -> float:
        assert self._search is not None
        left_s = max(self._search.planned - self._search.probes, 1) * (time.guard_s + time.longest_s / 2)
        limit_s = self.spec.limit_s
        return min(left_s, max(limit_s - self._lasted_s, 0.0)) if limit_s else left_s

    @property
    def _lasted_s(self) -> float:
        return (self.conductor.now_ns - self.conductor.began.t_ns) / 1e9

    def _answer(self) -> FindRateAnswer:
        lasted_s = round(self._earlier_s + self._lasted_s, 3)
        if self._search is None:
            return FindRateAnswer(holds_per_s=None, fails_per_s=None, probes=0, lasted_s=lasted_s)
        found = self._search.answer
        return FindRateAnswer(
            holds_per_s=found.holds, fails_per_s=found.fails, probes=self._search.probes, lasted_s=lasted_s,
            missed_per_s=found.missed, changed_per_s=list(found.changed), known_per_s=found.known,
            holds_likely=self._likely(found.holds, "likely held"),
            fails_likely=self._likely(found.fails, "likely missed"),
        )  # fmt: skip

    def _likely(self, rate: float | None, outcome: Outcome) -> str:
        """What that rests on, where the rate did so last: 'p99 18.6 ms'."""
        assert self._search is not None
        if rate is None or self._search.last(rate) != outcome:
            return ""
        limit = next((limit for limit in self.limits if limit.unit == "ms"), None)
        value = self._limited_ms.get(rate)
        if limit is None or value is None:
            return "the best estimate"
        return f"{limit.subject} {number_format.significant(value, 3)} ms"
