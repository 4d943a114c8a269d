"""What `ovtui fleet run` prints at its end: the table, a sentence for each box that differs or failed, and what all
of it comes to."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ovtui.metrics.fleet.odd_one import compare_kinds, odd_of
from ovtui.metrics.fleet.table import fleet_rows
from ovtui.metrics.fleet.table_lines import cut_middle, table_lines
from ovtui.metrics.fleet.text import COMPARE_HINT, result_sentences, summary_text
from ovtui.records.fleet import BoxState
from ovtui.settings.shown_text import shown

LEAST_WIDTH = 60
_INDENT = "  "


def result_lines(states: Sequence[BoxState], width: int, *, wrapped: bool = False) -> list[str]:
    """`wrapped`: sentences, too, to the width, for a screen; else each is one line, for a script."""
    kinds = compare_kinds(states)
    odd = odd_of(kinds)
    lines = table_lines(fleet_rows(states, odd), max(width, LEAST_WIDTH))
    told = []
    for name, text in result_sentences(states, kinds, odd):
        told += _entry(cut_middle(shown(name), LEAST_WIDTH // 2), text, width if wrapped else 0)
    if odd and any(state.recording for state in states):
        told += [COMPARE_HINT]
    return [*lines, "", *told, *([""] if told else []), summary_text(states, kinds, odd)]


def _entry(name: str, text: str, width: int) -> list[str]:
    line = f"{name}: {shown(text)}"
    return textwrap.wrap(line, max(width, LEAST_WIDTH), subsequent_indent=_INDENT) if width else [line]
