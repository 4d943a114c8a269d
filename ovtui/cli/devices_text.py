"""A DevicesReport as text that fits the terminal. A value that is wide is folded under its column, never cut."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from ovtui.metrics.number_format import quantity
from ovtui.records.device_listing import DeviceListing, DevicesReport, ListedProperty
from ovtui.settings.shown_text import padded, shown, width_of

_NOTHING = "–"
_THIS_LIST = "SUPPORTED_PROPERTIES"
_NAME_WIDTH = 33
"""A longer name has a line of its own."""
_TYPE_WIDTH, _SET_WIDTH = 6, 4
_STACKED_BELOW, _BESIDE_FROM = 72, 132
"""Widths of a terminal: below the first a value stands under its name, from the second on the help beside the value."""
_VALUE_WIDTH = 42
_HELP_INDENT = 6
_READABLE_FROM = 1 << 20
"""Bytes from which on they are also given in a larger unit."""
_LEGEND = (
    "RO: a fact of the device. RW: set when a model is compiled (--set NAME=VALUE), in ovtui by a new engine. "
    "live: also while it runs. WO: set, never read."
)
_BRIEF_HEAD = ("DEVICE", "NAME", "TYPE", "DRIVER", "MEMORY", "CAPABILITIES")
_MIN_LAST = 16


def listing_lines(report: DevicesReport, width: int) -> list[str]:
    """Every property, the facts of a device before what can be set."""
    lines: list[str] = []
    for each in report.devices:
        lines += [*_device_lines(each, width), ""]
    if any(each.properties for each in report.devices):
        lines += textwrap.wrap(_LEGEND, width)
    if any(each.present is None for each in report.devices):
        lines += textwrap.wrap("ovtui doctor looks at what a device that does not answer stands on.", width)
    return list(map(shown, lines))


def _device_lines(listing: DeviceListing, width: int) -> list[str]:
    title = shown(listing.device)
    if listing.full_name and listing.full_name != listing.device:
        title += f"  {shown(listing.full_name)}"
    if listing.properties:
        title += f"  ({quantity(len(listing.properties), 'property', 'properties')})"
    lines = textwrap.wrap(title, width, subsequent_indent="    ")
    if listing.why:
        lines += textwrap.wrap(f"  {why_text(listing)}", width, subsequent_indent="    ")
    order = sorted(listing.properties, key=lambda each: each.settable != "no")
    name_width = max((len(each.name) for each in order if len(each.name) <= _NAME_WIDTH), default=0)
    for each in order:
        lines += _property_lines(each, name_width, width)
    return lines


def why_text(listing: DeviceListing) -> str:
    """'not here: no /dev/dri on this machine'; 'no answer in 4 s'."""
    why = shown(listing.why or "")
    return f"not here: {why}" if listing.present is False else why


def _property_lines(each: ListedProperty, name_width: int, width: int) -> list[str]:
    mark = "live" if each.settable == "live" else each.access
    kind = _NOTHING if each.type == "unknown" else each.type
    value, remark = value_text(each), _remark(each)
    if width < _STACKED_BELOW:
        return [
            *textwrap.wrap(f"  {shown(each.name)}", width),
            *textwrap.wrap(f"{kind}, {mark}: {value}", width, initial_indent="    ", subsequent_indent="      "),
            *textwrap.wrap(remark, width, initial_indent="    ", subsequent_indent="    "),
        ]
    head = f"{padded(kind, _TYPE_WIDTH)}  {padded(mark, _SET_WIDTH)}"
    before = 2 + name_width + 2 + width_of(head) + 2
    lines = []
    name = shown(each.name)
    if width_of(name) > name_width:
        lines.append(f"  {name}")
        name = ""
    start = f"  {padded(name, name_width)}  {head}  "
    if width < _BESIDE_FROM:
        values = textwrap.wrap(value, width - before)
        lines += [f"{start if at == 0 else ' ' * before}{part}" for at, part in enumerate(values)]
        indent = " " * _HELP_INDENT
        return [*lines, *textwrap.wrap(remark, width, initial_indent=indent, subsequent_indent=indent)]
    values = textwrap.wrap(value, _VALUE_WIDTH)
    helps = textwrap.wrap(remark, width - before - _VALUE_WIDTH - 2)
    for at, (part, beside) in enumerate(zip_longest(values, helps, fillvalue="")):
        lines.append(f"{start if at == 0 else ' ' * before}{padded(part, _VALUE_WIDTH)}  {beside}".rstrip())
    return lines


def value_text(each: ListedProperty) -> str:
    if each.name == _THIS_LIST:
        return "this list"
    if each.value is None:
        return _NOTHING
    if not each.value:
        return "(empty)"
    text = shown(each.value)
    if each.unit == "bytes" and text.isdecimal() and int(text) >= _READABLE_FROM:
        return f"{text} bytes ({_memory(int(text))})"
    if each.unit and each.type in ("map", "list"):
        return f"{text} (in {each.unit})"
    return f"{text} {each.unit}" if each.unit else text


def _memory(size: int) -> str:
    return f"{size / (1 << 30):,.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):,.0f} MiB"


def _remark(each: ListedProperty) -> str:
    if each.name == _THIS_LIST:
        return ""
    parts = [each.help or ""]
    if each.settable != "no" and each.choices and each.type != "bool":
        parts.append(f"One of {', '.join(map(shown, each.choices))}.")
    if each.unread:
        parts.append(f"No value: {shown(each.unread).rstrip('.')}.")
    return " ".join(filter(None, parts))


def brief_lines(report: DevicesReport, width: int | None) -> list[str]:
    """One line for each device. `width` of a terminal, in which the capabilities are folded; None: never folded."""
    rows = [_BRIEF_HEAD, *(_brief_row(each) for each in report.devices)]
    widths = [max(width_of(row[at]) for row in rows) for at in range(len(_BRIEF_HEAD) - 1)]
    lines: list[str] = []
    for listing, row in zip([None, *report.devices], rows, strict=True):
        if listing is not None and not listing.properties:
            text = f"{padded(row[0], widths[0])}  {why_text(listing)}"
            lines += _folded(text, width, widths[0] + 2)
            continue
        start = "".join(f"{padded(cell, size)}  " for cell, size in zip(row[:-1], widths, strict=True))
        if width is not None and width - len(start) < _MIN_LAST:
            lines += [*_folded(start.rstrip(), width, widths[0] + 2), *_indented(row[-1], width, widths[0] + 2)]
            continue
        room = None if width is None else width - width_of(start)
        parts = [row[-1]] if room is None else textwrap.wrap(row[-1], room) or [""]
        lines += [(start if at == 0 else " " * width_of(start)) + part for at, part in enumerate(parts)]
    return [line.rstrip() for line in map(shown, lines)]


def _folded(text: str, width: int | None, indent: int) -> list[str]:
    return [text] if width is None else textwrap.wrap(
        text, width, subsequent_indent=" " * indent, drop_whitespace=True, break_on_hyphens=False
    )  # fmt: skip


def _indented(text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=" " * indent, subsequent_indent=" " * indent)


def _brief_row(listing: DeviceListing) -> tuple[str, ...]:
    values = {each.name: each for each in listing.properties if each.value}

    def told(names: Sequence[str]) -> str:
        return next((shown(values[name].value or "") for name in names if name in values), "")

    memory = told(("GPU_DEVICE_TOTAL_MEM_SIZE", "NPU_DEVICE_TOTAL_MEM_SIZE"))
    return (
        shown(listing.device),
        shown(listing.full_name or "") or _NOTHING,
        told(("DEVICE_TYPE",)).lower() or _NOTHING,
        told(("NPU_DRIVER_VERSION",)) or _NOTHING,
        _memory(int(memory)) if memory.isdecimal() else _NOTHING,
        told(("OPTIMIZATION_CAPABILITIES",)) or _NOTHING,
    )
