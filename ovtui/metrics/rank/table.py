"""The table of a rank as texts: the same columns for stdout, the dashboard and the reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.rank.answer_text import agreement_cell
from ovtui.metrics.rank.schema import RankReport, RankRow
from ovtui.metrics.session.study_event_text import OUTCOMES

MARK = "*"
MARK_TEXT = f"{MARK}: compiled for this device before in this session; its driver may have kept the kernels"
ANSWER_RANK = 2
"""Columns of this drop_rank and below are what a rank is for; what drops before them is detail."""


@dataclass(frozen=True, slots=True)
class RankColumn:
    heading: str
    cell: Callable[[RankRow], str]
    drop_rank: int = 0
    """Where there is no room, the column of the highest rank goes first; 0 never goes."""
    left: bool = False


def rank_columns(report: RankReport) -> list[RankColumn]:
    """Those of which at least one row knows something, and those that every rank has."""
    rows = report.rows
    found = [
        RankColumn("device", lambda row: row.device, left=True),
        RankColumn("hint", lambda row: row.hint, left=True),
        RankColumn("req/s", lambda row: number_format.rate(row.throughput)),
        RankColumn("p50 ms", lambda row: number_format.milliseconds(row.p50_ms)),
        RankColumn("p90 ms", lambda row: number_format.milliseconds(row.p90_ms), 6),
        RankColumn("p99 ms", lambda row: number_format.milliseconds(row.p99_ms)),
        RankColumn("first", lambda row: number_format.duration(row.first_inference_ms)),
        RankColumn("compile", lambda row: number_format.duration(row.compile_ms) + mark_of(row)),
        RankColumn("memory", lambda row: number_format.size(row.memory_bytes)),
    ]
    if report.agreements:
        found.append(RankColumn("agreement", agreement_cell, ANSWER_RANK, left=True))
    if any(row.errors for row in rows):
        found.append(RankColumn("errors", lambda row: number_format.count(row.errors)))
    if report.slo or any(row.outcome == "overload" for row in rows):
        found.append(RankColumn("limits" if report.slo else "outcome", outcome_cell, 0, left=True))
    if any(row.device_memory_bytes is not None for row in rows):
        found.append(RankColumn("on GPU", lambda row: number_format.size(row.device_memory_bytes), 3))
    if any(row.handover_ms is not None for row in rows):
        found.append(RankColumn("handover", lambda row: number_format.duration(row.handover_ms), 4))
    found.append(RankColumn("in flight", lambda row: number_format.count(row.in_flight), 7))
    if any(row.execution_devices not in ([], [row.device]) for row in rows):
        found.append(RankColumn("ran on", lambda row: ", ".join(row.execution_devices) or number_format.UNKNOWN, 5,
                                left=True))  # fmt: skip
    return found


def mark_of(row: RankRow) -> str:
    """Of the CPU nothing is kept."""
    return MARK if row.compiled_before and any(device != "CPU" for device in row.execution_devices) else ""


def outcome_cell(row: RankRow) -> str:
    return OUTCOMES[row.outcome]


def why_not_served(row: RankRow) -> str:
    """'refused: no NPU on this machine'; empty for a row that was served."""
    return f"{OUTCOMES[row.outcome]}: {row.reason}" if row.place is None else ""
