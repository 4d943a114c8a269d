"""What else differs between a box and most of its kind: the evidence of the run itself first, then what the box is.

A difference beside a difference is no cause: the texts say what is there, never why."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.fleet.box_figures import box_figures, items_at, number_at
from ovtui.records.fleet import BoxState
from ovtui.settings.shown_text import shown

ALIKE_WITHIN = 0.05
"""Numbers of facts (memory, MHz) that are so near to each other are alike."""
MOST_REASONS = 8
OF_THE_BOX_ALONE = ("serial", "hostname", "uptime")
"""Facts that differ between any two machines."""
_NUMBER = re.compile(r"(\d[\d,]{0,14}(?:\.\d{1,9})?)\s*(GiB|MiB|KiB|kB|MB|GB|TB|MHz|GHz|kHz|W)\b")
_NOT_TOLD = "not told"
"""No such device, or one that could not be asked."""
_SHARE_APART = 0.1
_THROTTLED_APART = 0.05
_DEGREES_APART = 10.0
_HANDOVER_APART = 1.25


@dataclass(frozen=True, slots=True)
class FactBeside:
    """Uncleaned, on one line each."""

    name: str
    mine: str
    """Empty where the box has none."""
    others: str | None
    """Of more than half of the others; None where they have no such value."""
    differs: bool


def facts_beside(state: BoxState, others: Sequence[BoxState]) -> list[str]:
    """'driver 24.1 (others 25.3)', 'throttled for 40 % of the run (others 0 %)'; empty where nothing that is known
    differs. `others`: of its kind."""
    found = [*_of_the_run(state, others), *_of_the_machine(state, others)]
    return [shown(text) for text in found[:MOST_REASONS]]


def throttled_share(state: BoxState) -> float | None:
    """Of the load, by whatever was throttled longest; None before the run's end."""
    return _disturbed_share(state, "throttle")


def _of_the_run(state: BoxState, others: Sequence[BoxState]) -> Iterator[str]:
    mine, theirs = box_figures(state), [box_figures(other) for other in others]
    most = _most([each.device for each in theirs if each.device not in (None, number_format.UNKNOWN)])
    if most is not None and mine.device not in (None, number_format.UNKNOWN, most):
        yield f"served by {mine.device} (others {most})"
    yield from _throttling(state, others)
    share, middle = _beside(state, others, lambda each: _disturbed_share(each, "other-load"))
    if share is not None and share - (middle or 0.0) > _THROTTLED_APART:
        yield f"other load for {_percent(share)} of the run (others {_percent(middle or 0.0)})"
    if mine.temperature_c is not None:
        middle = _median([each.temperature_c for each in theirs])
        if middle is not None and mine.temperature_c - middle > _DEGREES_APART:
            yield f"{number_format.reading(mine.temperature_c)} °C (others {number_format.reading(middle)} °C)"
    if mine.batch_share is not None:
        middle = _median([each.batch_share for each in theirs])
        if middle is not None and abs(mine.batch_share - middle) > _SHARE_APART:
            yield f"{_percent(mine.batch_share)} of its requests in batches (others {_percent(middle)})"
    if mine.handover_s is not None:
        middle = _median([each.handover_s for each in theirs])
        if middle is not None and _far_apart(mine.handover_s, middle):
            yield f"handover at {number_format.seconds(mine.handover_s)} (others {number_format.seconds(middle)})"
    if mine.errors and not _median([each.errors for each in theirs]):
        yield f"{number_format.quantity(mine.errors, 'request')} failed (others none)"


def _throttling(state: BoxState, others: Sequence[BoxState]) -> Iterator[str]:
    share, middle = _beside(state, others, throttled_share)
    if share is not None:
        if share - (middle or 0.0) > _THROTTLED_APART:
            yield f"throttled for {_percent(share)} of the run (others {_percent(middle or 0.0)})"
        return
    now = state.now.throttled if state.now is not None else []
    also = sum(bool(other.now is not None and other.now.throttled) for other in others)
    if now and also * 2 < len(others):
        yield f"{', '.join(now)} throttled now (others not)"


def _of_the_machine(state: BoxState, others: Sequence[BoxState]) -> Iterator[str]:
    if state.facts is None:
        return
    theirs = [other.facts.facts for other in others if other.facts is not None]
    for fact in facts_side_by_side(state.facts.facts, theirs):
        if fact.differs:
            yield f"{fact.name} {fact.mine or _NOT_TOLD} (others {fact.others or _NOT_TOLD})"


def facts_side_by_side(mine: Mapping[str, str], theirs: Sequence[Mapping[str, str]]) -> list[FactBeside]:
    """Every fact that one of them knows, in the order in which the box tells them."""
    names = dict.fromkeys([*mine, *(name for facts in theirs for name in facts)])
    found = []
    for name in names:
        if name.lower() not in OF_THE_BOX_ALONE:
            value, most = _plain(mine.get(name, "")), _most([_plain(facts.get(name, "")) for facts in theirs])
            found.append(FactBeside(name, value, most, most is not None and not alike(value, most)))
    return found


def alike(one: str, other: str) -> bool:
    """Equal, or numbers with a unit that are a few per cent apart: '15.6 GiB', '15.5 GiB'."""
    if one == other:
        return True
    first, second = _NUMBER.fullmatch(one), _NUMBER.fullmatch(other)
    if first is None or second is None or first[2] != second[2]:
        return False
    values = [float(found[1].replace(",", "")) for found in (first, second)]
    return abs(values[0] - values[1]) <= ALIKE_WITHIN * max(values)


def _most(values: Sequence[str | None]) -> str | None:
    """The value of more than half of them; None where there is none."""
    for value in dict.fromkeys(values):
        if value is not None and 2 * sum(other is not None and alike(value, other) for other in values) > len(values):
            return value
    return None


def _plain(value: str) -> str:
    return " ".join(value.split())


def _beside(
    state: BoxState, others: Sequence[BoxState], share: Callable[[BoxState], float | None]
) -> tuple[float | None, float | None]:
    return share(state), _median([share(other) for other in others])


def _median(values: Sequence[float | None]) -> float | None:
    known = sorted(value for value in values if value is not None)
    return (known[(len(known) - 1) // 2] + known[len(known) // 2]) / 2 if known else None


def _disturbed_share(state: BoxState, kind: str) -> float | None:
    """Of the load; at most 1 where several disturbances lie over each other."""
    lasted_s = number_at(state.result, "duration_s")
    if not lasted_s or lasted_s < 0:
        return None
    by_source: dict[object, float] = {}
    for each in items_at(state.result, "disturbances"):
        if each.get("kind") == kind:
            source = each.get("source")
            by_source[str(source)] = by_source.get(str(source), 0.0) + (number_at(each, "load_s") or 0.0)
    return min(max(by_source.values(), default=0.0) / lasted_s, 1.0)


def _far_apart(one: float, other: float) -> bool:
    low, high = sorted((one, other))
    return high - low > 0.5 and high > _HANDOVER_APART * low


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
