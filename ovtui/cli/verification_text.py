"""A Verification as text that fits the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ovtui.cli.inspection_text import text_width as text_width
from ovtui.metrics.number_format import deviation, quantity
from ovtui.metrics.verification.sentences import constants_sentence, layers_sentence, precision_text, verdict_sentence
from ovtui.metrics.verification.tables import (
    LAYER_HEAD,
    MOST_LAYERS,
    OUTPUT_HEAD,
    layer_rows,
    output_remarks,
    output_rows,
)
from ovtui.records.verification import Difference, Side, Verification
from ovtui.settings.listing import first_few
from ovtui.settings.shown_text import padded, shown, width_of

_LABEL = 11
_MOST_NAMED = 3
_LEAST_NAME = 12
_FIGURES = ("max abs", "max rel", "cosine", "NaN", "inf")


def verification_lines(found: Verification, width: int) -> list[str]:
    """The verdict comes last, as one sentence; that on layers behind it."""
    lines = []
    for label, side in zip(("device", "against"), found.sides, strict=True):
        lines += _entry(label, _side(side, with_model=found.sides[0].model != found.sides[1].model), width)
    given = f"{quantity(found.inputs, 'set')} on both sides"
    lines += _entry("inputs", given, width)
    lines += _entry("tolerance", f"{deviation(found.tolerance)} relative, {found.tolerance_from}", width)
    if found.outputs:
        lines += ["", *_outputs(found.outputs, width)]
    if found.f32_outputs is not None:
        lines += ["", f"with both in f32 (tolerance {deviation(found.f32_tolerance)}):"]
        lines += _outputs(found.f32_outputs, width)
    if found.layers:
        wrong = sum(not each.agrees for each in found.layers)
        title = f"{wrong:,} of {quantity(len(found.layers), 'layer')} differ{'s' * (wrong == 1)}"
        title += f", {MOST_LAYERS} of them:" if wrong > MOST_LAYERS else ":"
        if not wrong:
            title = f"{quantity(len(found.layers), 'layer')}, the furthest off of them:"
        lines += ["", title, *table(LAYER_HEAD, layer_rows(found), width)]
    lines += ["", *_remarks(found, width)]
    sentences = [verdict_sentence(found), layers_sentence(found), constants_sentence(found)]
    for text in filter(None, sentences):
        lines += textwrap.wrap(f"{shown(text)}.", width, break_on_hyphens=False)
    return lines


def _outputs(outputs: Sequence[Difference], width: int) -> list[str]:
    return table(OUTPUT_HEAD, output_rows(outputs), width, output_remarks(outputs))


def _side(side: Side, *, with_model: bool) -> str:
    model = f"{side.model} on " if with_model else ""
    ran = f", which ran on {' and '.join(side.ran_on)}" if side.ran_on and side.ran_on != [side.device] else ""
    precision = f", infers in {precision_text(side)}" if side.precision else ", does not tell its precision"
    return f"{model}{side.device}{ran}{precision}"


def _remarks(found: Verification, width: int) -> Iterator[str]:
    told = [*found.notes]
    for each in found.not_compared:
        told.append(f"{quantity(len(each.names), 'not compared', 'not compared')}: {_named(each.names)}: {each.why}")
    for text in told:
        yield from _entry("note", text, width)
    if told:
        yield ""


def _named(names: Sequence[str]) -> str:
    return first_few(list(names), _MOST_NAMED)


def _entry(label: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        shown(text), width, initial_indent=f"{label:<{_LABEL}}", subsequent_indent=" " * _LABEL, break_on_hyphens=False
    )


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int, remarks: Sequence[str] = ()) -> list[str]:
    """Columns two blanks apart, figures to the right. Where a row is too long, its name has a line of its own."""
    cells = [tuple(map(shown, row)) for row in (head, *rows)]
    widths = [max(width_of(cell) for cell in column) for column in zip(*cells, strict=True)]
    over = sum(widths) + 2 * (len(widths) - 1) - width
    if over > 0:
        widths[0] = max(_LEAST_NAME, widths[0] - over)
    lines = []
    for row, remark in zip(cells, ["", *(remarks or [""] * len(rows))], strict=True):
        first, others = row[0], row[1:]
        if width_of(first) > widths[0]:
            lines += _cut(first, width)
            first = ""
        placed = [padded(first, widths[0])]
        for name, cell, size in zip(head[1:], others, widths[1:], strict=True):
            placed.append(" " * (size - width_of(cell)) + cell if name in _FIGURES else padded(cell, size))
        lines.append("  ".join(placed).rstrip())
        if remark:
            lines += textwrap.wrap(shown(remark), width, initial_indent="    ", subsequent_indent="    ")
    return lines


def _cut(name: str, width: int) -> list[str]:
    """A name that is longer than a line, on several."""
    return [name[at : at + width] for at in range(0, len(name), width)]
