"""What disturbed the session, for the plots: a mark where each disturbance began, and its name in a word or two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.metrics.session.disturbances import Disturbance
from ovtui.metrics.session.session_state import EventMark

MARKED_APART_NS = 10_000_000_000
"""A disturbance of the same source that begins sooner after the one before has no mark of its own: a processor at its
limit is throttled and freed again every few seconds."""


def disturbance_marks(spans: Sequence[Disturbance]) -> Iterator[EventMark]:
    """`spans`: in the order in which they began."""
    last_ns: dict[tuple[str, str | None, str], int] = {}
    for span in spans:
        source = (span.kind, span.source, span.name)
        before_ns = last_ns.get(source)
        if before_ns is None or span.since_ns - before_ns >= MARKED_APART_NS:
            yield EventMark(span.since_ns, span.kind, mark_label(span))
        last_ns[source] = span.since_ns if span.until_ns is None else span.until_ns


def mark_label(span: Disturbance) -> str:
    """Without its row or colour around it: 'CPU throttled PL1', 'chrome 38 %'."""
    if span.kind == "other-load":
        return row_label(span) if span.name else f"other processes {row_label(span)}".rstrip()
    if span.source == "quota":
        return "throttled by the quota"
    return f"{_source(span)} throttled {_reasons(span)}".rstrip()


def row_label(span: Disturbance) -> str:
    """In the row of its kind: 'CPU PL1', 'quota 40 %', 'chrome 38 %'; without a name '38 %'."""
    percent = "" if span.percent is None else f"{span.percent:.0f} %"
    if span.kind == "other-load":
        return f"{one_line(span.name)} {percent}".strip()
    return f"{_source(span)} {percent if span.source == 'quota' else _reasons(span)}".rstrip()


def _source(span: Disturbance) -> str:
    return "quota" if span.source == "quota" else (span.source or "").upper()


def _reasons(span: Disturbance) -> str:
    return one_line(", ".join(span.reasons))
