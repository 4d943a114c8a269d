"""Studies that never ran: their events, as host and study would publish them."""

from __future__ import annotations

import msgspec
from fake_source import SECOND, FakeSource
from stage import Stage

from ovtui.records.events import (
    Event,
    StudyBegan,
    StudyEnded,
    StudyPoint,
    StudyStep,
    TrialBegan,
    TrialBlock,
    TrialEnded,
    TrialTurn,
)
from ovtui.records.study_events import (
    FindRateAnswer,
    FindRateSpec,
    PointFigures,
    PointOutcome,
    StudySpec,
    SweepAnswer,
    SweepSpec,
)
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(device="CPU", nireq=16, slo="p99<20ms")
FIND_RATE = FindRateSpec(slo="p99<20ms")
PROBES: tuple[tuple[float, PointOutcome, float, str], ...] = (
    (100.0, "held", 6.1, "p99 is under 20 ms with 99 % confidence, 1,020 requests"),
    (200.0, "held", 7.4, ""),
    (400.0, "held", 12.9, ""),
    (800.0, "overload", 1840.0, "the queue grew by 310 requests a second"),
    (566.0, "missed", 71.3, "p99 is over 20 ms with 99 % confidence"),
    (476.0, "missed", 31.0, ""),
    (436.0, "unknown", 19.2, "1,960 requests do not tell"),
    (400.0, "held", 13.2, ""),
)
"""Rate, outcome, p99, reason."""
VARY = {"hint": ["latency", "throughput"], "nstreams": ["1", "2", "4"], "nireq": ["1", "4", "16"]}
SWEEP = SweepSpec(vary=VARY, goal="throughput", slo="p99<20ms", folder="/tmp/sweep")


def source(**about: object) -> FakeSource:
    return FakeSource(settings=SETTINGS, handover_s=None, batch=1, **about)  # type: ignore[arg-type]


def figures(p99_ms: float, rate: float = 400.0, requests: int = 2000) -> PointFigures:
    return PointFigures(
        requests=requests,
        measured_s=5.0,
        throughput=rate,
        p50_ms=p99_ms / 2.6,
        p90_ms=p99_ms / 1.5,
        p99_ms=p99_ms,
        limited_ms=p99_ms,
    )


def began(spec: StudySpec, t_ns: int, study: int = 1) -> StudyBegan:
    return StudyBegan(t_ns=t_ns, study=study, spec=spec, settings=SETTINGS)


def probes(count: int, t_ns: int, study: int = 1) -> list[Event]:
    return [
        StudyPoint(
            t_ns=t_ns + number, study=study, point=number + 1, text=f"{rate:g}/s", values={"rate": f"{rate:g}"},
            settings=with_changes(SETTINGS, {"rate": rate}), outcome=outcome, reason=reason,
            figures=figures(p99_ms, rate), segment=2 + number, begin_ns=t_ns, until_ns=t_ns + SECOND,
            round=2 if number == 7 else 1,
        )
        for number, (rate, outcome, p99_ms, reason) in enumerate(PROBES[:count])
    ]  # fmt: skip


def rate_found(t_ns: int, study: int = 1) -> StudyEnded:
    return StudyEnded(
        t_ns=t_ns, study=study, reason="done", text="holds 400/s, fails 436/s, 8 probes, 96 s",
        answer=FindRateAnswer(holds_per_s=400.0, fails_per_s=436.0, probes=8, lasted_s=96.0),
    )  # fmt: skip


def sweep_point(number: int, t_ns: int, **about: object) -> StudyPoint:
    """Number `number` of 18, from 1: more streams and requests serve more and take longer; the last one of each hint is
    refused, and the first of throughput is dropped."""
    at = number - 1
    values = {"hint": VARY["hint"][at // 9], "nstreams": VARY["nstreams"][at // 3 % 3], "nireq": VARY["nireq"][at % 3]}
    streams, flight = int(values["nstreams"]), int(values["nireq"])
    served = 150.0 * min(streams, flight) + (40 if at > 8 else 0)
    p99_ms = 3.0 + 1.1 * flight + 0.9 * streams
    outcome: PointOutcome = "held"
    reason, measured = "", figures(p99_ms, served)
    if number in (9, 18):
        outcome, reason, measured = "refused", "OpenVINO: cannot create 4 streams with 16 requests on this device", None
    elif number == 10:
        outcome, reason = "dropped", "its throughput cannot reach that of point 4"
    elif p99_ms > 20:
        outcome, reason = "missed", "p99 is over 20 ms with 99 % confidence"
    point = StudyPoint(
        t_ns=t_ns, study=1, point=number, text=", ".join(f"{name} {value}" for name, value in values.items()),
        values=values, settings=with_changes(SETTINGS, values), outcome=outcome, reason=reason, figures=measured,
        segment=0 if measured is None else 1 + number, begin_ns=t_ns, until_ns=t_ns + SECOND,
    )  # fmt: skip
    return msgspec.structs.replace(point, **about)


def swept(t_ns: int) -> StudyEnded:
    return StudyEnded(
        t_ns=t_ns, study=1, reason="done", text="point 8 is the best: 600/s, p99 11.0 ms; 18 points, 104 s",
        answer=SweepAnswer(best=8, front=[1, 4, 8], points=18, lasted_s=104.0, preset="/home/me/presets/best.toml"),
    )  # fmt: skip


async def open_view(stage: Stage, *events: Event) -> None:
    """View 7 some seconds into the session, with these events."""
    await stage.advance(5)
    await tell(stage, *events)
    await stage.press("7")
    await stage.advance(0.5)


async def tell(stage: Stage, *events: Event) -> None:
    stage.source.tell(*events)
    await stage.advance(0.5)


async def begin(stage: Stage, spec: StudySpec, study: int = 1) -> None:
    await tell(stage, began(spec, stage.source.now_ns, study))


def step(stage: Stage, text: str, **about: object) -> StudyStep:
    now_ns = stage.source.now_ns
    return msgspec.structs.replace(
        StudyStep(t_ns=now_ns, study=1, doing="measuring", text=text, point=3, ends_ns=now_ns + 38 * SECOND), **about
    )


async def run_trial(stage: Stage, pairs: int, *, pinned: bool = False, ended: bool = True, beside: str = "") -> None:
    """Both sides are the source's only segment: the same load, so that nothing differs."""
    other = with_changes(SETTINGS, {"nireq": 4})
    now_ns = stage.source.now_ns
    a, b = (other, SETTINGS) if pinned else (SETTINGS, other)
    changes = ["in flight 4→16" if pinned else "in flight 16→4"]
    await tell(
        stage,
        TrialBegan(
            t_ns=now_ns, trial=1, engine=2, a=a, b=b, changes=changes, limit_s=30.0, pinned=pinned, beside=beside
        ),
    )
    segment = stage.app.digest.session_state.segments[-1].segment
    for number in range(1, 2 * pairs + 1):
        now_ns = stage.source.now_ns
        stage.source.tell(
            TrialTurn(
                t_ns=now_ns, trial=1, side="ABBA"[(number - 1) % 4], engine=1, segment=segment,
                blocks=[TrialBlock(now_ns, now_ns + SECOND)], first_block=number, planned_blocks=2 * pairs,
                ends_ns=now_ns + (2 * pairs + 1 - number) * SECOND,
            )
        )  # fmt: skip
        await stage.advance(1)
    if ended:
        await tell(stage, TrialEnded(t_ns=stage.source.now_ns, trial=1, reason="done"))
