"""All that is known of one request."""

from __future__ import annotations

import numpy as np
from textual.content import Content

from ovtui.dashboard.fitting import Piece, line_of
from ovtui.dashboard.widgets.panel import Panel
from ovtui.metrics import numbers
from ovtui.records.devices import AMBIGUOUS, STAND_IN, name_of
from ovtui.records.layout import LATENCIES, Flag, Records

HEIGHT = 4
_FLAGS = {
    Flag.ERROR: "it failed",
    Flag.WARM_UP: "the engine's first inference, left out of percentiles",
    Flag.LATE: "no request was idle when it was due",
    Flag.TIMED_OUT: "ran alone because the batch timer ran out",
    Flag.INFERRED_BATCH: "its batch is deduced, not known",
    Flag.AMBIGUOUS_DEVICE: "the device changed while it ran",
}
_DEVICES = {STAND_IN: "(CPU), standing in", AMBIGUOUS: "one of several"}


class RequestDetail(Panel):
    """Four lines: which it is, when, how long, and what there is to say of it."""

    _records: Records | None = None

    def show(self, record: np.void | None) -> None:
        self._records = None if record is None else np.array([record])
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._records is None:
            return Content()
        return Content("\n").join(line_of(line).truncate(width, ellipsis=True) for line in detail_lines(self._records))


def detail_lines(records: Records) -> list[list[Piece]]:
    """Of the one request in `records`."""
    record = records[0]
    due_ns, submit_ns, done_ns = (int(record[name]) for name in ("due_ns", "submit_ns", "done_ns"))
    ms = {kind: float(of(records)[0]) for kind, of in LATENCIES.items()}
    failed = int(record["flags"]) & Flag.ERROR
    return [
        [
            *_fact("REQUEST", f"{int(record['seq']):,}", "bold"),
            *_fact("completed as", f"{int(record['order']):,}"),
            *_fact("infer request", f"{int(record['request'])}"),
            *_fact("segment", f"{int(record['segment'])}"),
            *_fact("device", _DEVICES.get(int(record["device"]), name_of(int(record["device"])))),
            *_fact("batch", _batch(record)),
        ],
        [
            *_fact("due", _seconds(due_ns)),
            *_fact("submitted", f"{_seconds(submit_ns)} ({_after(submit_ns - due_ns)})"),
            *_fact("completed", f"{_seconds(done_ns)} ({_after(done_ns - submit_ns)})"),
        ],
        [
            *_fact("inference", numbers.UNKNOWN if failed and not ms["inference"] else _ms(ms["inference"])),
            *_fact("service", _ms(ms["service"])),
            *_fact("response", _ms(ms["response"])),
            *_fact("waited before submission", _ms(max(ms["response"] - ms["service"], 0.0))),
        ],
        [(f" {_remarks(int(record['flags']))}", "$warning")],
    ]


def _fact(label: str, value: str, style: str = "") -> list[Piece]:
    return [(f" {label} ", "$dim"), (f"{value}  ", style)]


def _batch(record: np.void) -> str:
    size, batch = int(record["batch_size"]), int(record["batch_id"])
    if batch:
        return f"{batch:,} of {size}"
    return "ran alone" if size == 1 else numbers.UNKNOWN


def _seconds(t_ns: int) -> str:
    return f"{t_ns / 1e9:,.6f} s"


def _after(t_ns: int) -> str:
    return f"{t_ns / 1e6:+,.3f} ms"


def _ms(value: float) -> str:
    return f"{value:,.3f} ms"


def _remarks(flags: int) -> str:
    return " · ".join(text for flag, text in _FLAGS.items() if flags & flag)
