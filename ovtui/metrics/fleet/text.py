"""What a run on many boxes found, in sentences: of odd boxes, of failed ones, and of all in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ovtui.metrics import number_format
from ovtui.metrics.fleet.kinds import by_kind, is_compared
from ovtui.metrics.fleet.odd_one import LEAST_BOXES, Difference, KindComparison, OddOne
from ovtui.records.fleet import FINAL_PHASES, INTERRUPTED_CODE, LIMIT_MISSED_CODE, BoxState
from ovtui.settings.listing import first_few
from ovtui.settings.shown_text import shown

COMPARE_HINT = "ovtui compare A B tells two of the recordings apart, figure by figure; ovtui replay opens one"
_MOST_NAMED = 3


def difference_text(found: Difference | OddOne) -> str:
    """'p99 +34 % (28 to 41 %)'."""
    if found.low is None or found.high is None:
        return f"{found.figure} {number_format.plain_change(found.ratio)}"
    return f"{found.figure} {number_format.change(found.ratio, found.low, found.high)}"


def odd_text(odd: OddOne, kind: str = "the others of its kind") -> str:
    """'p99 +34 % (28 to 41 %) against the median of the 6 others of its kind, where up to 8 % may be chance; also p50
    +20 % (18 to 22 %). May be, because it differs from them: driver 24.1 (others 25.3)'. Without the name of the
    box."""
    others = kind.removeprefix("the others")
    text = f"{difference_text(odd)} against the median of the {odd.others} others{others}"
    text += f", where up to {100 * odd.margin:.0f} % may be chance"
    if odd.more:
        text += f"; also {', '.join(map(difference_text, odd.more))}"
    if odd.reasons:
        return f"{text}. May be, because it differs from them: {', '.join(odd.reasons)}"
    return f"{text}. Nothing else that is known of it differs from them"


def failed_text(state: BoxState) -> str:
    """Why a box failed, cleaned and without its name."""
    return shown(state.text) or "it failed, and did not say why"


def kind_text(kind: KindComparison, odd: Mapping[str, OddOne]) -> str:
    """What can be said of the boxes of one kind, in a sentence without the kind's name."""
    compared, boxes = len(kind.compared), len(kind.group.boxes)
    count = number_format.quantity(compared, "box", "boxes")
    if compared < boxes:
        count = f"{compared} of {number_format.quantity(boxes, 'box', 'boxes')}"
    if not compared:
        return f"{number_format.quantity(boxes, 'box', 'boxes')}, none of which has figures to compare"
    if compared == 1:
        return f"{count}: nothing to compare it with"
    if compared == 2:
        return f"{count}: {_of_two(kind)}; of two neither can be called the odd one"
    differ = [state.name for state in kind.compared if state.name in odd]
    if kind.needed_s is not None:
        needed = number_format.rough_seconds(kind.needed_s)
        return f"{count}: too few blocks to compare, which takes {needed} of load after the warm-up"
    if not differ:
        return f"{count}: all alike"
    return (
        f"{count}: {compared - len(differ)} alike, {first_few([shown(name) for name in differ], _MOST_NAMED)} differ"
        + ("s" if len(differ) == 1 else "")
    )


def summary_text(states: Sequence[BoxState], kinds: Sequence[KindComparison], odd: Mapping[str, OddOne]) -> str:
    """'15 of 20 boxes: 13 alike, 2 differ; 5 failed'."""
    failed = sum(state.phase == "failed" for state in states)
    done = sum(state.phase == "done" for state in states)
    open_ones = sum(state.phase not in FINAL_PHASES for state in states)
    missed = sum(state.phase == "done" and state.code == LIMIT_MISSED_CODE for state in states)
    broken = sum(state.phase == "done" and state.code == INTERRUPTED_CODE for state in states)
    marked = sum(name in odd for name in (state.name for state in states))
    judged = sum(len(kind.compared) for kind in kinds if len(kind.compared) >= LEAST_BOXES and kind.needed_s is None)
    whole = number_format.quantity(len(states), "box", "boxes")
    parts = []
    if judged:
        differ = f", {marked} {'differs' if marked == 1 else 'differ'}" if marked else ""
        parts.append(f"{judged - marked} alike{differ}")
    not_judged = sum(map(is_compared, states)) - judged
    if not_judged and done:
        parts.append(f"{not_judged} not compared")
    text = f"{done} of {whole}" + (f": {', '.join(parts)}" if parts else " done")
    counts = [(missed, "missed a limit"), (broken, "interrupted"), (failed, "failed"), (open_ones, "not finished")]
    return "; ".join([text, *(f"{number} {what}" for number, what in counts if number)])


def result_sentences(
    states: Sequence[BoxState], kinds: Sequence[KindComparison], odd: Mapping[str, OddOne]
) -> list[tuple[str, str]]:
    """(box or kind, sentence): the odd ones, then the failed ones, then kinds of which not all is said by these."""
    found = []
    for kind in kinds:
        for state in kind.group.boxes:
            if state.name in odd:
                found.append((shown(state.name), odd_text(odd[state.name], kind.group.others_text)))
    found += [
        (shown(state.name), failed_text(state))
        for group in by_kind(states)
        for state in group.boxes
        if state.phase == "failed"
    ]
    for kind in kinds:
        judged = len(kind.compared) >= LEAST_BOXES and kind.needed_s is None
        if kind.compared and not judged:
            found.append((kind.group.kind, kind_text(kind, odd)))
    return found


def _of_two(kind: KindComparison) -> str:
    first, second = kind.compared
    found = kind.differences.get(second.name, [])
    told = [difference_text(each) for each in found]
    if not told:
        return f"nothing to hold {shown(second.name)} and {shown(first.name)} against each other by"
    return f"{shown(second.name)} against {shown(first.name)}: {', '.join(told)}"
