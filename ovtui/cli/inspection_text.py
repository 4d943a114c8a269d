"""An Inspection as text of the terminal's width. Names are never cut, because they are pasted from here: a long one has
a line of its own, which the terminal folds."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ovtui.cli.model_text import content_lines, size_text, verdict_lines
from ovtui.metrics import number_format
from ovtui.metrics.number_format import quantity
from ovtui.records.descriptions import preparation_text
from ovtui.records.inspection import InspectedInput, Inspection
from ovtui.settings.paths import shell_line
from ovtui.settings.shown_text import padded, shown, width_of
from ovtui.terminal.terminal_size import terminal_size

WIDTH = 80
_MIN_WIDTH, _MAX_WIDTH = 40, 120
_LABEL = 13
_NOTHING = "–"
_TRIED = {
    True: "the shapes that ovtui chose have carried one inference, on the CPU",
    False: "no shapes that ovtui chose have carried an inference, on the CPU",
}


def inspection_lines(found: Inspection, width: int = WIDTH) -> list[str]:
    """Without control characters, which names in a model may hold."""
    size = "" if found.size_bytes is None else f", {number_format.size(found.size_bytes)}"
    if found.weights_bytes is not None:
        size += f" with the weights of {size_text(found.weights_bytes)} beside it"
    version = f" v{found.format_version}" if found.format_version else ""
    on = f", imported on {found.device}" if found.device else ""
    release = found.openvino.partition("-")[0]
    lines = [
        _whole("model", found.model),
        *([_whole("file", found.file)] if found.file and found.file != found.model else []),
        *_entry("format", f"{found.format}{version}{size}{on} (OpenVINO {release})", width),
        "",
        *_ports("inputs", [_input_row(each) for each in found.inputs], _INPUT_HEAD, width),
        *_ports("outputs", [(each.option_name, each.shape, each.type) for each in found.outputs], _HEAD, width),
        *_ports("variables", [(each.id, each.shape, each.type) for each in found.variables], _HEAD, width),
        *content_lines(found.content, width),
        "",
        *verdict_lines(found.devices, width),
        *(line for each in found.inputs for line in _preparation(each, width)),
        *(line for note in found.notes for line in _entry("note", note, width)),
        *(_entry("needs", found.needs, width) if found.needs else []),
        *(_entry("tried", _TRIED[found.carried_inference], width) if found.carried_inference is not None else []),
        *([_whole("run", shell_line(found.command))] if found.command else []),
    ]
    return list(map(shown, lines))


def text_width(is_terminal: bool) -> int:
    """Of a terminal its own, within what can be read; else 80."""
    return min(max(terminal_size(1).columns, _MIN_WIDTH), _MAX_WIDTH) if is_terminal else WIDTH


_HEAD = ("name", "shape", "type")
_INPUT_HEAD = (*_HEAD, "layout", "batch", "a request has")


def _entry(label: str, text: str, width: int) -> list[str]:
    return textwrap.wrap(
        shown(text), width, initial_indent=f"{label:<{_LABEL - 1}} ", subsequent_indent=" " * _LABEL,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _whole(label: str, text: str) -> str:
    """On one line: it is copied."""
    return f"{label:<{_LABEL - 1}} {text}"


def _input_row(each: InspectedInput) -> tuple[str, ...]:
    batch = _NOTHING if each.batch_dimension is None else f"dim {each.batch_dimension}"
    same = each.request_shape == each.shape
    return (
        each.option_name,
        each.shape,
        each.type,
        f"{each.layout}{' (guessed)' * (each.layout_from == 'guessed')}" if each.layout else _NOTHING,
        batch,
        "" if same else each.request_shape or _NOTHING,
    )


def _ports(title: str, rows: Sequence[tuple[str, ...]], head: tuple[str, ...], width: int) -> list[str]:
    """A table without the columns in which no row has anything."""
    if not rows:
        return [] if title == "variables" else [f"{title:<{_LABEL - 1}} none", ""]
    filled = [at for at, name in enumerate(head) if at < 3 or any(row[at] not in ("", _NOTHING) for row in rows)]
    table = [tuple(shown(row[at]) for at in filled) for row in (head, *rows)]
    widths = [max(width_of(row[at]) for row in table) for at in range(1, len(filled))]
    room = max(width - 2 - sum(size + 2 for size in widths), len("name"))
    name_width = max((width_of(row[0]) for row in table if width_of(row[0]) <= room), default=0)
    state = " (state)" if title == "variables" else ""
    lines = [f"{quantity(len(rows), title.removesuffix('s'))}{state}:"]
    for name, *cells in table:
        rest = "  ".join(padded(cell, size) for cell, size in zip(cells, widths, strict=True)).rstrip()
        if width_of(name) > name_width:
            lines.append(f"  {name}")
            name = ""
        lines.append(f"  {padded(name, name_width)}  {rest}")
    return [*lines, ""]


def _preparation(each: InspectedInput, width: int) -> list[str]:
    """What becomes of an input's data, where it is not just random values."""
    if each.preparation is None or each.preparation.is_plain:
        return []
    return _entry("input", f"{each.option_name}: {preparation_text(each.preparation)}", width)
