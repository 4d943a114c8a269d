"""A sweep as JSON for programs: the answer, and every point with all that was measured of it."""

from __future__ import annotations

from typing import Any

import msgspec

from ovtui.metrics.session.study_state import StudyState
from ovtui.metrics.sweep.rows import goals_of, spec_of, sweep_rows
from ovtui.records.json_text import json_text
from ovtui.records.study_events import SweepAnswer


def sweep_json(study: StudyState, recording: str) -> bytes:
    """`recording`: of this session; points of an earlier one name their own."""
    return json_text(sweep_object(study, recording))


def sweep_object(study: StudyState, recording: str) -> dict[str, Any]:
    spec, (goal, second) = spec_of(study), goals_of(study)
    ended = study.ended
    answer = ended.answer if ended is not None and isinstance(ended.answer, SweepAnswer) else None
    points: list[dict[str, Any]] = [
        {
            "point": row.number,
            "values": row.point.values,
            "outcome": row.point.outcome,
            "reason": row.point.reason,
            "on_front": row.on_front,
            "best": row.best,
            "rounds": row.rounds,
            "figures": msgspec.to_builtins(row.point.figures),
            "recording": row.point.recording or recording,
            "begin_s": row.point.begin_ns / 1e9,
            "until_s": row.point.until_ns / 1e9,
        }
        for row in sweep_rows(study)
    ]
    return {
        "vary": spec.vary,
        "goal": goal.name,
        "against": second.name,
        "slo": spec.slo,
        "ended": ended.reason if ended is not None else None,
        "text": ended.text if ended is not None else "",
        "answer": msgspec.to_builtins(answer),
        "points": points,
        "folder": spec.folder,
    }
