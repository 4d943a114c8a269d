"""A run on many boxes made of the states of its boxes: the same for the table, JSON and the documents."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from ovtui import __version__
from ovtui.metrics.fleet.box_figures import BoxFigures, box_figures
from ovtui.metrics.fleet.kind_spread import robust_spread
from ovtui.metrics.fleet.odd_one import LEAST_BOXES, Difference, KindComparison, OddOne, compare_kinds, odd_of
from ovtui.metrics.fleet.schema import (
    VERSION,
    BoxResult,
    FigureDifference,
    FleetReport,
    KindResult,
    OddResult,
    Outcome,
)
from ovtui.metrics.fleet.text import kind_text, odd_text, summary_text
from ovtui.records.fleet import INTERRUPTED_CODE, LIMIT_MISSED_CODE, BoxState
from ovtui.settings.schema.settings import Settings


def fleet_report(
    states: Sequence[BoxState],
    *,
    code: int,
    run: str = "",
    began_s: float | None = None,
    ended_s: float | None = None,
    settings: Settings | None = None,
    addresses: Mapping[str, str] | None = None,
) -> FleetReport:
    """`began_s`, `ended_s`: Unix time. `addresses`: by the box's name, where the inventory has one."""
    kinds = compare_kinds(states)
    odd = odd_of(kinds)
    boxes = [
        _box(state, kind, odd.get(state.name), (addresses or {}).get(state.name) or None)
        for kind in kinds
        for state in kind.group.boxes
    ]
    return FleetReport(
        schema=VERSION,
        run=run,
        began_s=began_s,
        ended_s=ended_s,
        ovtui=__version__,
        settings=settings,
        text=summary_text(states, kinds, odd),
        boxes=boxes,
        kinds=[_kind(kind, odd) for kind in kinds],
        code=code,
    )


def outcome_of(state: BoxState) -> Outcome:
    if state.phase == "failed":
        return "failed"
    if state.phase != "done":
        return "unfinished"
    outcomes: dict[int, Outcome] = {LIMIT_MISSED_CODE: "missed", INTERRUPTED_CODE: "interrupted"}
    return outcomes.get(state.code or 0, "done")


def _box(state: BoxState, kind: KindComparison, odd: OddOne | None, address: str | None) -> BoxResult:
    may_be_odd = len(kind.compared) >= LEAST_BOXES
    return BoxResult(
        name=state.name,
        address=address,
        kind=kind.group.kind if kind.group.known else None,
        facts=dict(state.facts.facts) if state.facts is not None else None,
        outcome=outcome_of(state),
        text=state.text if state.phase == "failed" else "",
        code=state.code,
        session=state.session or None,
        recording=state.recording or None,
        reconnects=state.reconnects,
        figures=box_figures(state),
        differences=[_difference(each, may_be_odd) for each in kind.differences.get(state.name, [])],
        odd=None if odd is None else _odd(odd, kind.group.others_text),
        result=state.result,
    )


def _difference(found: Difference, may_be_odd: bool) -> FigureDifference:
    return FigureDifference(
        figure=found.figure, ratio=found.ratio, low=found.low, high=found.high, others=found.others,
        blocks=found.blocks, margin=found.margin, odd=may_be_odd and found.is_odd,
    )  # fmt: skip


def _odd(odd: OddOne, others: str) -> OddResult:
    return OddResult(
        figure=odd.figure, ratio=odd.ratio, low=odd.low, high=odd.high, others=odd.others, worse=odd.worse,
        reasons=odd.reasons, text=odd_text(odd, others),
    )  # fmt: skip


def _kind(kind: KindComparison, odd: Mapping[str, OddOne]) -> KindResult:
    figures = [box_figures(state) for state in kind.compared]
    devices = {each.device for each in figures}
    medians = BoxFigures(
        device=devices.pop() if len(devices) == 1 else None,
        throughput=_median([each.throughput for each in figures]),
        p50_ms=_median([each.p50_ms for each in figures]),
        p99_ms=_median([each.p99_ms for each in figures]),
        handover_s=_median([each.handover_s for each in figures]),
        batch_share=_median([each.batch_share for each in figures]),
        completed=_whole(_median([each.completed for each in figures])),
        errors=_whole(_median([each.errors for each in figures])),
        temperature_c=_median([each.temperature_c for each in figures]),
    )
    return KindResult(
        kind=kind.group.kind if kind.group.known else None,
        boxes=[state.name for state in kind.group.boxes],
        compared=len(kind.compared),
        medians=medians,
        spread={
            "throughput": _spread([each.throughput for each in figures]),
            "p50": _spread([each.p50_ms for each in figures]),
            "p99": _spread([each.p99_ms for each in figures]),
        },
        text=kind_text(kind, odd),
    )


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _spread(values: Sequence[float | None]) -> float | None:
    known = [math.log(value) for value in values if value is not None and value > 0]
    return math.expm1(robust_spread(np.array(known))) if len(known) >= LEAST_BOXES else None
