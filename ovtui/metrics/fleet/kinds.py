"""Boxes by the kind of their hardware: only boxes of one kind are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ovtui.metrics.fleet.name_order import name_order
from ovtui.records.fleet import GOOD_CODES, BoxState
from ovtui.records.fleet import UNKNOWN_KIND as UNKNOWN_KIND
from ovtui.settings.shown_text import shown


@dataclass(slots=True)
class KindGroup:
    """The boxes of one kind, by name."""

    kind: str
    """UNKNOWN_KIND where the hardware of its boxes is not known: they may be of several."""
    known: bool
    boxes: list[BoxState] = field(default_factory=list)

    @property
    def others_text(self) -> str:
        """'the others of its kind'."""
        return "the others of its kind" if self.known else "the others, whose hardware is not known either"


def kind_of(state: BoxState) -> str:
    """Cleaned, on one line; UNKNOWN_KIND where it is not known."""
    kind = "" if state.facts is None else " ".join(state.facts.kind.split())
    return shown(kind) or UNKNOWN_KIND


def by_kind(states: Sequence[BoxState]) -> list[KindGroup]:
    """Sorted by kind; the unknown ones come last."""
    groups: dict[str, KindGroup] = {}
    for state in sorted(states, key=lambda state: name_order(state.name)):
        kind = kind_of(state)
        groups.setdefault(kind, KindGroup(kind, kind != UNKNOWN_KIND)).boxes.append(state)
    return sorted(groups.values(), key=lambda group: (not group.known, group.kind))


def is_compared(state: BoxState) -> bool:
    """A box that failed, or has been silent for too long, is not."""
    return state.phase != "failed" and state.silent_s is None and state.code in (None, *GOOD_CODES)
