"""The panel with everything that is known of one request."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

import numpy as np
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, line_of, one_line, width_of
from ovtui.dashboard.requests.chosen_request import ChosenRequest
from ovtui.metrics import number_format
from ovtui.records.device_codes import AMBIGUOUS, name_of
from ovtui.records.record import LATENCY_MS, Flag, Records, copy_ms, lag_ms, reset_ms, size_certainty

_WHY_LINES, _WHY_INDENT = 2, 5
_FLAG_TEXTS = {
    Flag.ERROR: "it failed",
    Flag.WARM_UP: "the first inference of the engine or of its data shape",
    Flag.LEFT_OUT: "warm-up, left out of percentiles",
    Flag.OVERTAKEN: "out of order: one submitted later had come back",
    Flag.QUEUED: "no request was idle when it was due",
    Flag.LATE: "sent more than 1 ms after it was due",
    Flag.TIMED_OUT: "ran alone because the batch timer ran out",
    Flag.HELD: "its batch was full, and OpenVINO held it until the batch timer ran out",
    Flag.DEDUCED_SIZE: "its batch size is deduced, not known",
    Flag.INFERRED_BATCH: "which batch it was in is deduced, not known",
    Flag.AMBIGUOUS_DEVICE: "the device changed while it ran",
}


class RequestDetail(Panel):
    """Identity, times and latencies of a request, and a remark on each of its flags."""

    _chosen: ChosenRequest | None = None

    def show(self, chosen: ChosenRequest | None) -> None:
        self._chosen = chosen
        self.redraw()

    def draw(self, width: int) -> Content:
        chosen = self._chosen
        if chosen is None:
            return Content()
        facts = request_facts(chosen.records, chosen.devices, chosen.data_shape)
        why = " · ".join([chosen.compared, *map(one_line, chosen.reasons), *filter(None, [chosen.unexplained])])
        style = "$warning" if chosen.reasons else ""
        identity, rest = facts[: facts.index([])], facts[facts.index([]) + 1 :]
        first, *more = wrap(why, max(width - _WHY_INDENT, 20), max_lines=_WHY_LINES, placeholder=" …")
        lines = [
            *_wrap_facts(identity, width),
            Content.assemble((" why ", "$dim"), (first, style)),
            *(Content.assemble(" " * _WHY_INDENT, (line, style)) for line in more),
            *_wrap_facts(rest, width),
        ]
        if remark := flag_remarks(int(chosen.records["flags"][0])):
            lines.append(Content.styled(f" {remark}", "$warning"))
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)


def request_facts(records: Records, candidates: Sequence[str] = (), data_shape: str = "") -> list[list[Piece]]:
    """Labels and values of the one request in `records`; an empty entry starts a new line."""
    record = records[0]
    due_ns, submit_ns, done_ns = (int(record[name]) for name in ("due_ns", "submit_ns", "done_ns"))
    ms = {kind: float(of(records)[0]) for kind, of in LATENCY_MS.items()}
    failed = int(record["flags"]) & Flag.ERROR
    return [
        _fact("REQUEST", f"{int(record['seq']):,}", "bold"),
        _fact("completed as", f"{int(record['order']):,}"),
        _fact("infer request", f"{int(record['request'])}"),
        _fact("segment", f"{int(record['segment'])}"),
        _fact("device", _device_text(int(record["device"]), candidates)),
        _fact("batch", _batch_text(record)),
        [],
        _fact("due", _moment_text(due_ns)),
        _fact("submitted", f"{_moment_text(submit_ns)} ({number_format.offset_ms(submit_ns - due_ns)})"),
        _fact("completed", f"{_moment_text(done_ns)} ({number_format.offset_ms(done_ns - submit_ns)})"),
        [],
        *([_fact("data shape", one_line(data_shape))] if data_shape else []),
        _fact("inference", number_format.UNKNOWN if failed and not ms["inference"] else _ms_text(ms["inference"])),
        _fact("service", _ms_text(ms["service"])),
        _fact("response", _ms_text(ms["response"])),
        _fact("waited before submission", _ms_text(float(lag_ms(records)[0]))),
        *([_fact("state reset in", _ms_text(float(reset_ms(records)[0])))] if record["reset_us"] else []),
        *([_fact("input copied in", _ms_text(float(copy_ms(records)[0])))] if record["copy_us"] else []),
    ]


def _wrap_facts(facts: list[list[Piece]], width: int) -> list[Content]:
    lines: list[list[Piece]] = [[]]
    for fact in facts:
        if not fact or width_of([*lines[-1], *fact]) > width + 1:
            lines.append([])
        lines[-1] += fact
    return [line_of(line) for line in lines]


def _fact(label: str, value: str, style: str = "") -> list[Piece]:
    return [(f" {label} ", "$dim"), (f"{value}  ", style)]


def _device_text(code: int, candidates: Sequence[str]) -> str:
    if code == AMBIGUOUS:
        return f"one of {', '.join(candidates) or 'several'}"
    return name_of(code)


def _batch_text(record: np.void) -> str:
    size, batch, sure = int(record["batch_size"]), int(record["batch_id"]), size_certainty(record)
    if batch:
        deduced = "~" if int(record["flags"]) & Flag.INFERRED_BATCH else ""
        return f"{deduced}{batch:,} of {size} (size {sure})"
    return f"ran alone ({sure})" if size == 1 else sure


def _moment_text(t_ns: int) -> str:
    return number_format.session_time(t_ns, 6)


def _ms_text(value: float) -> str:
    return f"{number_format.milliseconds(value, 3)} ms"


def flag_remarks(flags: int) -> str:
    """A remark on each of the flags."""
    return " · ".join(text for flag, text in _FLAG_TEXTS.items() if flags & flag)
