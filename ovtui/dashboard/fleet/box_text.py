"""What is told of the box under the cursor, line by line, the most important first."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ovtui.dashboard.drawing.glyphs import GLYPHS, GlyphSet
from ovtui.dashboard.drawing.text_fit import Piece, cut_middle, one_line
from ovtui.dashboard.fleet.box_facts import blocks_beside, facts_beside_kind, level_text
from ovtui.dashboard.fleet.fleet_box import FleetBox
from ovtui.metrics import number_format
from ovtui.metrics.fleet.kinds import UNKNOWN_KIND
from ovtui.metrics.fleet.text import failed_text, odd_text

_LABEL = 12
_MOST_BLOCKS = 60
Lines = list[list[Piece]]


def box_lines(box: FleetBox, kind: Sequence[FleetBox], width: int, glyphs: GlyphSet) -> Lines:
    """`kind`: the boxes of its kind, itself among them. Everything that is known; a panel shows as much as it has room
    for."""
    return [
        _title(box, width),
        *_sentence(box, width),
        *_difference(box, width),
        *_sparkline(box, kind, width, glyphs),
        *_differing_facts(box, kind, width),
        *_figures(box, width),
        *_trace(box, width),
        *_all_facts(box, kind, width),
    ]


def _title(box: FleetBox, width: int) -> list[Piece]:
    mark, style = box.mark
    phase = box.row.cells["phase"]
    kind = "" if box.kind == UNKNOWN_KIND else box.kind
    return [
        (f" {box.name}", "bold"),
        (f"  {mark}".rstrip(), style),
        (f"  {phase}", box.phase_style or "bold"),
        (f"  {cut_middle(kind, max(width - len(box.name) - len(phase) - 8, 8))}" if kind else "", "$dim"),
    ]


def _sentence(box: FleetBox, width: int) -> Lines:
    now = box.state.now
    if box.failed:
        return _wrapped("", one_line(failed_text(box.state)), width, "$error")
    text = one_line(box.row.text) or (one_line(now.text) if now is not None else "")
    return _wrapped("", text, width, "$warning" if box.silent else "")


def _difference(box: FleetBox, width: int) -> Lines:
    return [] if box.odd is None else _wrapped("differs", one_line(odd_text(box.odd)), width, "$warning")


def _sparkline(box: FleetBox, kind: Sequence[FleetBox], width: int, glyphs: GlyphSet) -> Lines:
    room = max(min(width - _LABEL - 22, _MOST_BLOCKS), 0)
    mine, theirs = blocks_beside(box, kind, room)
    known = [value for value in (*mine, *theirs) if value is not None]
    if not known or not room:
        return []
    low, high, levels = min(known), max(known), GLYPHS[glyphs].levels
    extent = f"  {number_format.milliseconds(low)} to {number_format.milliseconds(high)} ms"
    lines: Lines = [[(_label("p50"), "$dim"), (level_text(mine, low, high, levels), "$median"), (extent, "$dim")]]
    if any(value is not None for value in theirs):
        middle = level_text(theirs, low, high, levels)
        lines.append([(_label("its kind"), "$dim"), (middle, "$worst"), ("  median of the others", "$dim")])
    return lines


def _differing_facts(box: FleetBox, kind: Sequence[FleetBox], width: int) -> Lines:
    """Where no difference of its figures tells them."""
    facts = [fact for fact in facts_beside_kind(box, kind) if fact.differs and box.odd is None]
    text = "; ".join(f"{fact.name} {fact.mine or 'none'} (most of its kind {fact.most})" for fact in facts)
    return _wrapped("facts", text, width, "bold")


def _figures(box: FleetBox, width: int) -> Lines:
    figures, now = box.figures, box.state.now
    parts = [
        f"{number_format.rate(figures.throughput)} /s",
        f"p50 {number_format.milliseconds(figures.p50_ms)} ms",
        f"p99 {number_format.milliseconds(figures.p99_ms)} ms",
        f"completed {number_format.count(figures.completed)}",
        f"errors {number_format.count(figures.errors)}",
    ]
    if figures.handover_s is not None:
        parts.append(f"handover {number_format.seconds(figures.handover_s)}")
    if figures.batch_share is not None:
        parts.append(f"in batches {number_format.share(figures.batch_share)}")
    if figures.temperature_c is not None:
        parts.append(f"{number_format.reading(figures.temperature_c)} °C")
    if now is not None and now.throttled:
        parts.append(f"throttled: {one_line(', '.join(now.throttled))}")
    if figures.completed is None and figures.throughput is None:
        return []
    return _wrapped("figures", " · ".join(parts), width, "")


def _trace(box: FleetBox, width: int) -> Lines:
    state = box.state
    parts = []
    if state.session:
        parts.append(f"session {one_line(state.session)}")
    if state.now is not None:
        parts.append(f"ovtui {one_line(state.now.version)}, OpenVINO {one_line(state.now.openvino or '–')}")
    if state.reconnects:
        parts.append(f"{number_format.quantity(state.reconnects, 'reconnect')}")
    if state.phase == "fetching" and state.recording_bytes:
        of = number_format.size(state.recording_bytes)
        parts.append(f"{number_format.size(state.fetched_bytes)} of {of} fetched")
    found = _wrapped("run", " · ".join(parts), width, "")
    where = state.recording or state.remote_recording
    told = "" if state.recording or not where else " (on the box)"
    return [*found, *_wrapped("recording", f"{one_line(where)}{told}" if where else "", width, "")]


def _all_facts(box: FleetBox, kind: Sequence[FleetBox], width: int) -> Lines:
    alike = [f"{fact.name} {fact.mine}" for fact in facts_beside_kind(box, kind) if not fact.differs]
    return _wrapped("as others", " · ".join(alike), width, "$dim")


def _label(text: str) -> str:
    return f" {text:<{_LABEL - 1}}"


def _wrapped(label: str, text: str, width: int, style: str) -> Lines:
    if not text:
        return []
    lines = [line.plain for line in Content(text).wrap(max(width - _LABEL - 1, 10))]
    return [[(_label(label if at == 0 else ""), "$dim"), (line, style)] for at, line in enumerate(lines)]
