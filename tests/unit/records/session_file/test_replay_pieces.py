"""The result of a recorded session does not depend on how its replay is split into updates."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import SECOND, records, segment, started

from ovtui.metrics.advice.advice_facts import advice_facts
from ovtui.metrics.advice.registry import advise
from ovtui.metrics.digest import Digest
from ovtui.metrics.result.build import build_result, to_json
from ovtui.records.events import Event, LoadEnded
from ovtui.records.record import Records
from ovtui.records.session_file.replay import Replay
from ovtui.records.session_file.writer import RecordingProgress, SessionWriter
from ovtui.settings.schema.settings import Settings

NIREQ, SERVED_PER_S, BACKLOG = 4, 200.0, 60
FLUSH_S = 0.2
BEGAN_S, CHANGED_S, ENDED_S = 0.5, 3.5, 8.0


def served(rate: float, began_s: float, ended_s: float) -> tuple[Records, list[float], int]:
    """An open loop with NIREQ infer requests: the requests, the times at which others were shed, and the number that
    waited at the end."""
    rows: list[tuple[float, float, float]] = []
    shed: list[float] = []
    unsent = 0
    free = [began_s] * NIREQ
    for due_s in np.arange(began_s, ended_s, 1 / rate).tolist():
        sent_s = max(min(free), due_s)
        if (sent_s - due_s) * SERVED_PER_S > BACKLOG:
            shed.append(due_s)
            continue
        free[free.index(min(free))] = sent_s + NIREQ / SERVED_PER_S
        if sent_s >= ended_s:
            unsent += 1
        else:
            rows.append((due_s, sent_s, sent_s + NIREQ / SERVED_PER_S))
    due_s, sent_s, done_s = np.array(rows).T
    made = records(done_s * 1e3, (done_s - sent_s) * 1e3)
    made["due_ns"] = (due_s * 1e9).astype(np.int64)
    return made, shed, unsent


def recorded(path: Path, rates: tuple[float, float]) -> None:
    """Two loads in succession, written in pieces as the host does."""
    loads = [Settings(rate=rate, backlog=BACKLOG, slo="shed=0") for rate in rates]
    first, shed_first, _ = served(rates[0], BEGAN_S, CHANGED_S)
    second, shed_second, unsent = served(rates[1], CHANGED_S, ENDED_S)
    first["segment"], second["segment"] = 1, 2
    rows = np.concatenate((first.view("V64"), second.view("V64"))).view(first.dtype)
    rows = rows[np.argsort(rows["done_ns"], kind="stable")]
    rows["seq"] = rows["order"] = np.arange(len(rows))
    events: list[Event] = [
        *started(loads[0])[:-1],
        segment(1, t_s=BEGAN_S, settings=loads[0]),
        segment(2, t_s=CHANGED_S, settings=loads[1], changes=["rate"], first_seq=len(first)),
        LoadEnded(t_ns=int(ENDED_S * SECOND), engine=1, reason="stopped", submitted=len(rows), unsent=unsent),
    ]
    shed_s = np.array(shed_first + shed_second)
    writer = SessionWriter(str(path), {}, 1 << 30)
    before_ns = -1
    for now_s in np.arange(FLUSH_S, ENDED_S + 1, FLUSH_S).tolist():
        now_ns = int(now_s * SECOND)
        part = rows[(rows["done_ns"] > before_ns) & (rows["done_ns"] <= now_ns)]
        new_events = [event for event in events if before_ns < event.t_ns <= now_ns]
        writer.write(
            new_events, [part.tobytes()], RecordingProgress(now_ns, 0, len(rows), 0, int((shed_s <= now_s).sum()))
        )
        before_ns = now_ns
    writer.close()


def fed(path: Path, polls_s: Sequence[float]) -> Digest:
    """A digest of the replay, polled at these session times and at the end."""
    digest, times = Digest(), [0]
    recording = Replay(str(path), now_ns=lambda: times[0])
    for poll_s in polls_s:
        times[0] = int(poll_s * SECOND)
        digest.feed(recording.poll())
    recording.stop()
    while not (update := recording.poll()).finished:
        digest.feed(update)
    digest.feed(update)
    recording.close()
    return digest


def figures(digest: Digest) -> dict[str, Any]:
    """A result without the times since when limits are met or missed, which depend on the updates."""
    result: dict[str, Any] = json.loads(to_json(build_result(digest)))
    for verdict in result["slo"]:
        verdict.pop("since_s", None)
    return result


RATE = st.sampled_from([80.0, 190.0, 260.0, 500.0])
POLLS = st.lists(st.integers(1, 95), max_size=40, unique=True).map(lambda ticks: [tick / 10 for tick in sorted(ticks)])


@settings(max_examples=40, deadline=None)
@given(st.tuples(RATE, RATE), POLLS)
def test_a_session_in_pieces_is_the_same_session(rates: tuple[float, float], polls_s: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.ovtui"
        recorded(path, rates)
        whole, parts = fed(path, []), fed(path, polls_s)
    assert figures(whole) == figures(parts)
    assert whole.unserved_at_end == parts.unserved_at_end
    assert whole.queue() == parts.queue()


@pytest.mark.parametrize("polls_s", [[], np.arange(0.25, 9, 0.25).tolist()], ids=["whole", "as-it-ran"])
def test_shedding_until_the_end_is_told(tmp_path: Path, polls_s: list[float]) -> None:
    recorded(tmp_path / "s.ovtui", (100.0, 500.0))
    digest = fed(tmp_path / "s.ovtui", polls_s)
    queue = digest.queue()
    assert queue is not None
    assert queue.state == "full"
    assert queue.shed_per_s == pytest.approx(300.0, rel=0.02)
    assert 1200 < digest.unserved_at_end < 1400
    assert "the backlog is full and 30" in next(advice.text for advice in advise(advice_facts(digest)))


@pytest.mark.parametrize("polls_s", [[], np.arange(0.25, 9, 0.25).tolist()], ids=["whole", "as-it-ran"])
def test_what_an_earlier_load_shed_is_not_told_of_the_last(tmp_path: Path, polls_s: list[float]) -> None:
    recorded(tmp_path / "s.ovtui", (500.0, 100.0))
    digest = fed(tmp_path / "s.ovtui", polls_s)
    assert digest.snapshot().shed > 500
    assert digest.unserved_at_end == 0
    assert not any(advice.id == "overloaded" for advice in advise(advice_facts(digest)))
