"""What a model is made of and what the devices make of it, as text of `ovtui inspect`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from ovtui.metrics import number_format
from ovtui.metrics.number_format import count, quantity
from ovtui.records.descriptions import shared_inputs_text
from ovtui.records.device_verdicts import EXPLICIT_BATCH, Batching, DeviceVerdict
from ovtui.records.model_content import ConstantCount, ModelContent, Quantization
from ovtui.settings.shown_text import padded, shown, width_of

_TOP_OPERATIONS = 8
_MAX_UNLISTED = 4
_LABEL = 13
_GLUE = "\u00a0"
"""Between words that stay on one line; becomes a blank once the lines are made."""
_SHARE_SHOWN = 0.001
"""Types of constants below this share of the bytes are not named."""


def content_texts(content: ModelContent) -> Iterator[tuple[str, str]]:
    """(label, text) of each entry."""
    if content.parameters is not None:
        yield "parameters", _parameters(content.parameters, content.parameters_bytes or 0, content.constants)
    if content.operations:
        types = [f"{shown(each.type)}{_GLUE}{count(each.count)}" for each in content.operations]
        more = f", and {len(types) - _TOP_OPERATIONS} more types" if len(types) > _TOP_OPERATIONS else ""
        opsets = f" ({', '.join(content.opsets)})" if content.opsets else ", as the device has compiled them"
        all_of = f"{count(content.operations_total)} of {quantity(len(types), 'type')}"
        yield "operations", f"{all_of}{opsets}: {', '.join(types[:_TOP_OPERATIONS])}{more}"
    if content.quantization is not None:
        yield "quantized", _quantization(content.quantization, content.constants)
    for each in content.preprocessing:
        yield (
            "prepares",
            f"{shown(each.input)}: {', '.join(_glued(step) for step in each.steps)} (deduced from the graph)",
        )
    if content.converter:
        notes = ", ".join(f"{key} {shown(value)}" for key, value in content.converter.items())
        yield "converted", f"with {notes} (the file says)"


def content_lines(content: ModelContent, width: int) -> list[str]:
    found = []
    for label, text in content_texts(content):
        lines = textwrap.wrap(
            text, width, initial_indent=f"{label:<{_LABEL}}", subsequent_indent=" " * _LABEL, break_on_hyphens=False
        )
        found += [line.replace(_GLUE, " ") for line in lines]
    return found


def _glued(text: str) -> str:
    return shown(text).replace(" ", _GLUE)


def size_text(size: int) -> str:
    return number_format.size(size) if size >= 1000 else quantity(size, "byte")


def _parameters(elements: int, size: int, kinds: Sequence[ConstantCount]) -> str:
    constants = sum(kind.constants for kind in kinds)
    if not elements:
        return "none: the model has no constants"
    return f"{count(elements)} in {quantity(constants, 'constant')}, {size_text(size)}: {_kinds(kinds)}"


def _kinds(kinds: Sequence[ConstantCount]) -> str:
    total = sum(kind.bytes for kind in kinds)
    large = [kind for kind in kinds if kind.bytes >= total * _SHARE_SHOWN]
    return ", ".join(f"{kind.type} {size_text(kind.bytes)}".replace(" ", _GLUE) for kind in large)


def _quantization(found: Quantization, constants: Sequence[ConstantCount]) -> str:
    parts = []
    if found.fake_quantize:
        levels = ", ".join(map(str, found.levels))
        parts.append(f"{count(found.fake_quantize)} FakeQuantize ({levels} levels)")
    total = sum(kind.elements for kind in constants) or 1
    for kind in found.weights:
        share = number_format.percent(kind.elements, total)
        parts.append(f"{share} of the parameters are {kind.type}")
    return "; ".join(parts) or "nothing seen: no FakeQuantize, no weights of less than 32 bits"


def verdict_lines(verdicts: Sequence[DeviceVerdict], width: int) -> list[str]:
    """A block for each device; then what requests that share a batch must be warned of."""
    if not verdicts:
        return []
    lines = ["devices:"]
    for each in verdicts:
        title = f"  {shown(each.device)}  {shown(each.full_name or '')}".rstrip()
        if each.present is not True:
            title = f"  {shown(each.device)}  {'not here: ' if each.present is False else ''}{shown(each.why or '')}"
        lines += textwrap.wrap(title, width, subsequent_indent="    ")
        if each.present:
            lines += _verdict(each, width)
    return [*lines, "", *_shared(verdicts, width)]


def _verdict(each: DeviceVerdict, width: int) -> Iterator[str]:
    entries: list[tuple[str, str]] = []
    if each.compiles is not None:
        took = f"yes, in {number_format.duration(each.compile_ms)} (verified)"
        entries.append(("compiles", took if each.compiles else f"no: {each.compile_why}"))
    elif each.compile_why:
        entries.append(("compiles", each.compile_why))
    if each.unlisted:
        names = [f"{shown(one.type)} {one.count}" for one in each.unlisted]
        more = f" and {len(names) - _MAX_UNLISTED} more types" if len(names) > _MAX_UNLISTED else ""
        hint = "query_model, which is a hint: a device may run what it does not list"
        entries.append(("not listed", f"{', '.join(names[:_MAX_UNLISTED])}{more} ({hint})"))
    for batching in each.batching:
        optimal = each.optimal_batch_size if batching.device == each.device else None
        label = "batches" if batching.device == each.device else batching.device
        entries.append((label, _batching(batching, each, optimal)))
    if each.why:
        entries.append(("stopped", each.why))
    label_width = max((width_of(label) for label, _ in entries), default=0)
    for label, text in entries:
        start = f"    {padded(shown(label), label_width)}  "
        yield from textwrap.wrap(
            shown(text), width, initial_indent=start, subsequent_indent=" " * len(start), break_on_hyphens=False
        )


def _batching(found: Batching, verdict: DeviceVerdict, optimal: int | None) -> str:
    own = found.device == verdict.device
    asked = (
        f"; OPTIMAL_BATCH_SIZE {optimal}"
        if optimal is not None and "OPTIMAL_BATCH_SIZE" not in (found.why or "")
        else ""
    )
    how = f"({found.certainty}{asked})"
    if found.batches:
        many = "requests share batches" if found.size is None else f"{found.size} requests share a batch"
        return f"{many}{', with PERFORMANCE_HINT=THROUGHPUT' if own else ''} {how}"
    if found.batches is None:
        return f"unknown: {found.why or 'it was not compiled for it'}{asked}"
    return f"no: {found.why or 'no reason is known'} {how}"


def _shared(verdicts: Sequence[DeviceVerdict], width: int) -> Iterator[str]:
    told: set[tuple[str, ...]] = set()
    for batching in (one for each in verdicts for one in each.batching):
        names = tuple(map(shown, batching.shared_inputs))
        if names and batching.batches:
            size = batching.size or EXPLICIT_BATCH
            same = f"the same with {' and '.join(names)}, in batches of {size} requests"
            text = f"{batching.device}: {same if names in told else shared_inputs_text(names, size)}"
            told.add(names)
            yield from textwrap.wrap(
                text, width, initial_indent=f"{'warning':<{_LABEL}}", subsequent_indent=" " * _LABEL
            )
