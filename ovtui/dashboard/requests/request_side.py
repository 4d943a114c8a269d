"""Beside the table on wide screens: the chosen request, why it took so long, the others of its batch, and the events of
that time."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, line_of, one_line
from ovtui.dashboard.requests.chosen_request import ChosenRequest
from ovtui.dashboard.requests.request_detail import flag_remarks, request_facts
from ovtui.metrics import number_format
from ovtui.metrics.handover.event_text import EventText
from ovtui.metrics.queries.why_slow import members_of
from ovtui.records.record import LATENCY_MS, Records, flags_text

_MEMBER_WIDTHS = (12, 17, 13, 12)
_MEMBER_HEADINGS = ("seq", "submitted at", "inference ms", "response ms")
_LEAST_MEMBERS = 4
"""Lines for the batch, its headings included, from which on it is shown."""
_EVENTS = 6
_LABEL_WIDTH = 25


class RequestSide(Panel):
    _chosen: ChosenRequest | None = None

    def show(self, chosen: ChosenRequest | None) -> None:
        self._chosen = chosen
        self.redraw()

    def draw(self, width: int) -> Content:
        chosen = self._chosen
        if chosen is None:
            return Content()
        lines = [*_facts(chosen, width), Content(), *_why(chosen, width)]
        events = _events(chosen.events, width)
        room = self.size.height - len(lines) - len(events)
        members = _members(members_of(chosen.records, chosen.near), chosen, width, room)
        return Content("\n").join([*lines, *members, *events][: max(self.size.height, 1)])


def _facts(chosen: ChosenRequest, width: int) -> list[Content]:
    """A line for each fact; those of the request's identity share lines."""
    facts = [fact for fact in request_facts(chosen.records, chosen.devices, chosen.data_shape) if fact]
    lines: list[Content] = []
    for (label, _), (value, style) in facts:
        pieces: list[Piece] = [(f" {label.strip():<{_LABEL_WIDTH}}", "$dim"), (value.strip(), style)]
        lines.append(line_of(pieces).truncate(width, ellipsis=True))
    return lines


def _why(chosen: ChosenRequest, width: int) -> list[Content]:
    lines = [Content.styled(cut(f" WHY  {chosen.compared}", width), "bold")]
    lines += [Content.styled(line, "$warning") for reason in chosen.reasons for line in _wrapped(reason, width)]
    if chosen.unexplained:
        lines.append(Content.styled(cut(f"   {chosen.unexplained}", width), "$dim"))
    remark = flag_remarks(int(chosen.records["flags"][0]))
    return [*lines, *(Content.styled(line, "$dim") for line in _wrapped(remark, width) if remark)]


def _wrapped(text: str, width: int) -> list[str]:
    lines = [" "]
    for word in one_line(text).split():
        if len(lines[-1]) + 1 + len(word) > width and lines[-1].strip():
            lines.append("    ")
        lines[-1] += f" {word}" if lines[-1].strip() else f"  {word}"
    return [cut(line, width) for line in lines]


def _members(members: Records, chosen: ChosenRequest, width: int, room: int) -> list[Content]:
    """The batch, in the order of submission; cut around the chosen request where there is no room for all."""
    if len(members) < 2 or room < _LEAST_MEMBERS:
        return []
    rows = room - 3
    mine = (members["seq"] == chosen.records["seq"][0]) & (members["submit_ns"] == chosen.records["submit_ns"][0])
    at = int(mine.argmax())
    first = min(max(at - rows // 2, 0), max(len(members) - rows, 0))
    shown = members[first : first + rows]
    part = f"   {first + 1}–{first + len(shown)} of {len(members)}" if len(shown) < len(members) else ""
    size = int(chosen.records["batch_size"][0])
    known = f"{len(members)} of {size} requests are at hand" if len(members) < size else f"{size} requests"
    head = f" ITS BATCH  {known} {part}"
    headings = "".join(f"{name:>{wide}}" for name, wide in zip(_MEMBER_HEADINGS, _MEMBER_WIDTHS, strict=True))
    lines = [Content(), Content.styled(cut(head, width), "bold"), Content.styled(cut(headings, width), "$dim")]
    infer, response = (LATENCY_MS[kind](shown).tolist() for kind in ("inference", "response"))
    for row, record in enumerate(shown):
        cells = (
            f"{int(record['seq']):,}", number_format.session_time(int(record["submit_ns"]), 6),
            number_format.milliseconds(infer[row], 3), number_format.milliseconds(response[row], 3),
        )  # fmt: skip
        text = "".join(f"{cell:>{wide}}" for cell, wide in zip(cells, _MEMBER_WIDTHS, strict=True))
        text = f"{text}  {flags_text(int(record['flags']))}"
        this = first + row == at
        lines.append(Content.styled(cut(("▸" if this else " ") + text[1:], width), "bold" if this else ""))
    return lines


def _events(events: Sequence[EventText], width: int) -> list[Content]:
    if not events:
        return []
    lines = [Content(), Content.styled(" EVENTS NEAR IT", "bold")]
    for event in events[-_EVENTS:]:
        when = number_format.session_time(event.t_ns, 1)
        pieces: list[Piece] = [(f" {when:>10}  {event.label:<9} ", "$dim"), (one_line(event.text), "")]
        lines.append(line_of(pieces).truncate(width, ellipsis=True))
    return lines
