"""The run under the lanes' cursor: why it started, how long its first member waited, and a row for each member.

A run is one execution on a device: a batch, or a request that ran alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import Piece, cut, first_that_fits, line_of
from ovtui.metrics import number_format
from ovtui.metrics.batching.batch_runs import Batch, Certainty, RunReason
from ovtui.records.device_codes import name_of
from ovtui.records.record import Records, flags_text, inference_ms

_HEADING_ROWS = 3
_WIDTHS = (12, 9, 17, 12, 13)
_HEADINGS = ("seq", "request", "submitted at", "waited ms", "latency ms")


@dataclass(frozen=True, slots=True)
class PickedRun:
    batch: Batch
    members: Records
    """In the order of submission."""
    timeout_ms: int
    """The batch timeout of the run's segment."""


class BatchMembers(Panel):
    _picked: PickedRun | None = None
    _first_row = 0
    """Index of the member in the top row."""
    _most = 1
    """Members of the largest run so far, for which there is room: the lanes above have the rest, and do not jump."""

    def show(self, picked: tuple[Batch, Records] | None, timeout_ms: int) -> None:
        new = None
        if picked is not None:
            batch, records = picked
            new = PickedRun(batch, records[batch.members], timeout_ms)
        before = self._picked.batch if self._picked else None
        if new is None or before is None or (before.id, before.done_ns) != (new.batch.id, new.batch.done_ns):
            self._first_row = 0
        self._picked = new
        if new is not None and len(new.members) > self._most:
            self._most = len(new.members)
            self.styles.height = self._most + _HEADING_ROWS
        self.redraw()

    def scroll_members(self, rows: int) -> None:
        self._first_row += rows
        self.redraw()

    def draw(self, width: int) -> Content:
        if self._picked is None:
            return Content.styled(" no run in sight", "$dim")
        batch, members = self._picked.batch, self._picked.members
        room = max(self.size.height - _HEADING_ROWS, 0)
        first = self._first_row = min(max(self._first_row, 0), max(len(members) - room, 0))
        rows = _member_lines(batch, members[first : first + room], _waits_ms(batch, members)[first:])
        position = f"   {first + 1}–{first + len(rows)} of {len(members)}" if len(rows) < len(members) else ""
        heading = "".join(f"{name:>{wide}}" for name, wide in zip(_HEADINGS, _WIDTHS, strict=True))
        lines = [
            line_of(first_that_fits(_reason_forms(self._picked), width)),
            line_of(_timing_pieces(batch, members)).truncate(width, ellipsis=True),
            Content.styled(cut(heading + position, width), "$dim"),
            *(Content(cut(row, width)) for row in rows),
        ]
        return Content("\n").join(lines[: max(self.size.height, 1)])


def _reason_forms(picked: PickedRun) -> list[list[Piece]]:
    """Whether it was a batch or one request, and why it started; the fullest form first."""
    batch, timeout, short = picked.batch, f"{picked.timeout_ms} ms", ""
    head: list[Piece] = [(" REQUEST ", "$dim"), (number_format.count(int(picked.members["seq"][0])), "bold")]
    match batch.reason:
        case RunReason.FULL:
            head = [(" BATCH ", "$dim"), (f"{'~' if batch.inferred else ''}{batch.id:,}", "bold")]
            why = f"fired when the last of its {batch.size} requests came"
            if not batch.whole:
                why += f"; {len(batch.members)} of them are still kept"
            reason: Piece = ("  full  ", "bold")
        case RunReason.HELD:
            head = [(" BATCH ", "$dim"), (f"{'~' if batch.inferred else ''}{batch.id:,}", "bold")]
            why, short = f"full, and yet held by OpenVINO until its timer of {timeout} expired", f"after {timeout}"
            reason = ("  held  ", "bold $error")
        case RunReason.TIMER:
            why, short = f"ran alone: the timer of {timeout} expired before its batch was full", f"after {timeout}"
            reason = ("  timer  ", "bold $warning")
        case RunReason.FAILED:
            why, reason = "the inference failed in OpenVINO", ("  failed  ", "bold $error")
        case RunReason.ALONE:
            why, reason = "without waiting for a batch", ("  alone  ", "bold")
        case _:
            reason = ("  unknown  ", "bold")
            why, short = "how many ran together is not known", "not known"
    deduced = "; its members are deduced" if batch.inferred else ""
    return [[*head, reason, (text, "")] for text in (why + deduced, why, short, "")]


def _timing_pieces(batch: Batch, members: Records) -> list[Piece]:
    certainty = batch.certainty
    devices = " ".join(dict.fromkeys(name_of(code) for code in members["device"].tolist()))
    label = "first waited" if len(members) > 1 else "waited"
    waited = f"{certainty.sign} {number_format.milliseconds(batch.first_wait_ms)}".lstrip()
    ran = "≈ " * (certainty is Certainty.ESTIMATED) + number_format.milliseconds(batch.run_ms)
    return [
        (f" {label} ", "$dim"), (waited, ""), (" ms   ran ", "$dim"), (ran, ""),
        (" ms   done at ", "$dim"), (number_format.session_time(batch.done_ns), ""),
        ("   on ", "$dim"), (devices, ""), (f"   segment {batch.segment}", "$dim"),
    ]  # fmt: skip


def _waits_ms(batch: Batch, members: Records) -> list[float | None]:
    """How long each member waited before its run started, ms; None where that is not known."""
    if batch.first_wait_ms is None:
        return [None] * len(members)
    if batch.reason.is_batch:
        waits: list[float | None] = ((batch.last_submit_ns + batch.hold_ns - members["submit_ns"]) / 1e6).tolist()
        return waits
    return [batch.first_wait_ms]


def _member_lines(batch: Batch, members: Records, waits_ms: list[float | None]) -> list[str]:
    latencies_ms = inference_ms(members)
    decimals = number_format.decimals_for(float(np.median(latencies_ms))) if len(members) else 1
    rows = []
    for member, wait_ms, latency_ms in zip(members, waits_ms, latencies_ms.tolist(), strict=False):
        failed = batch.reason is RunReason.FAILED
        texts = (
            number_format.count(int(member["seq"])),
            str(member["request"]),
            number_format.session_time(int(member["submit_ns"])),
            batch.certainty.sign + number_format.milliseconds(wait_ms, decimals)
            if wait_ms is not None
            else number_format.UNKNOWN,
            number_format.UNKNOWN if failed else number_format.milliseconds(latency_ms, decimals),
        )
        cells = "".join(f"{text:>{wide}}" for text, wide in zip(texts, _WIDTHS, strict=True))
        rows.append(f"{cells}  {flags_text(int(member['flags']))}".rstrip())
    return rows
