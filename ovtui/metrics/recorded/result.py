"""The CompareResult of two recorded loads: ratios with their intervals, and the conditions held against them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ovtui.metrics import number_format
from ovtui.metrics.recorded.about import differences, warnings
from ovtui.metrics.recorded.intervals import CONFIDENCE, ratio_interval
from ovtui.metrics.recorded.load import RecordedLoad, SideFigure
from ovtui.metrics.recorded.schema import (
    UNITS,
    VERSION,
    CompareCondition,
    CompareFigure,
    CompareResult,
    CompareSide,
    FigureName,
    SideValue,
)
from ovtui.metrics.recorded.text import change_text, condition_text
from ovtui.settings.schema.fail_if import FailIf, verdict_on

RATIO_DECIMALS = 6
VALUE_DECIMALS = 9


def compare_result(
    a: CompareSide, load_a: RecordedLoad, b: CompareSide, load_b: RecordedLoad, conditions: Sequence[FailIf] = ()
) -> CompareResult:
    figures = [_figure(name, load_a.figures[name], load_b.figures[name]) for name in UNITS]
    if not any(side.figures["joules"].value for side in (load_a, load_b)):
        figures = [figure for figure in figures if figure.name != "joules" or _asked("joules", conditions)]
    by_name: dict[str, CompareFigure] = {figure.name: figure for figure in figures}
    return CompareResult(
        schema=VERSION,
        latency=load_a.kind,
        confidence=CONFIDENCE,
        interleaved=False,
        a=a,
        b=b,
        differs=differences(a, b),
        warnings=[f"{name} {remark}" for name, load in (("A", load_a), ("B", load_b)) for remark in load.remarks]
        + warnings(a, b),
        figures=figures,
        fail_if=[_condition(each, by_name[each.figure]) for each in conditions],
    )


def _asked(name: str, conditions: Sequence[FailIf]) -> bool:
    return any(each.figure == name for each in conditions)


def _figure(name: FigureName, a: SideFigure, b: SideFigure) -> CompareFigure:
    why = _why(a, b)
    ratio = low = high = None
    if a.value is not None and b.value is not None:
        ratio = round(b.value / a.value, RATIO_DECIMALS) if a.value else None
        if a.interval is not None and b.interval is not None:
            found = ratio_interval(a.value, a.interval, b.value, b.interval)
            low = round(found.low, RATIO_DECIMALS)
            high = round(found.high, RATIO_DECIMALS) if math.isfinite(found.high) else None
            why = ""
    return CompareFigure(
        name=name, unit=UNITS[name], a=_side_value(a), b=_side_value(b), ratio=ratio, low=low, high=high, why=why
    )


def _why(a: SideFigure, b: SideFigure) -> str:
    """'A has 120 requests and B 130: p99 needs 662'."""
    sides = [("A", a), ("B", b)]
    if a.why == b.why:
        has = f"A and B have {a.why}" if a.why else ""
    else:
        has = " and ".join(f"{name} has {side.why}" for name, side in sides if side.why)
    needs = "; ".join(dict.fromkeys(side.needs for _, side in sides if side.needs))
    times = max((side.times for _, side in sides if side.times is not None), default=None)
    if times is not None:
        needs += f", about {number_format.significant(max(times, 1.1), 2)} times as many requests"
    return ": ".join(filter(None, (has, needs)))


def _side_value(side: SideFigure) -> SideValue:
    if side.interval is None:
        return SideValue(value=side.value, low=None, high=None)
    return SideValue(
        value=side.value,
        low=round(side.interval.low, VALUE_DECIMALS),
        high=round(side.interval.high, VALUE_DECIMALS),
    )


def _condition(fail_if: FailIf, figure: CompareFigure) -> CompareCondition:
    verdict = verdict_on(fail_if, figure.low, figure.high)
    what = figure.why if verdict == "unknown" else change_text(figure)
    return CompareCondition(condition=str(fail_if), verdict=verdict, text=condition_text(str(fail_if), verdict, what))
