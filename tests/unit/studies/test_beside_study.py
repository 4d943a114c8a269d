"""The study of a second model, on a clock that the test moves: what is switched when, where its blocks lie, and how it
ends. The first model's requests take 4 ms alone and 10 ms beside."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from samples import SECOND, began, compiled, records, segment, spawned

from ovtui.metrics.digest import Digest
from ovtui.records.events import (
    BesideSecond,
    Event,
    LoadEnded,
    StudyBegan,
    StudyStopping,
    TrialBegan,
    TrialBlock,
    TrialEnded,
    TrialTurn,
)
from ovtui.records.record import empty_records
from ovtui.records.source import Update
from ovtui.records.study_events import BesideAnswer, BesideSpec
from ovtui.settings.schema.settings import Settings
from ovtui.studies import beside
from ovtui.studies import conductor as conductors
from ovtui.studies.conductor import Conductor, Found

SETTINGS, MS = Settings(device="CPU", nireq=1), SECOND // 1000
SWITCHES_MS = 40
"""How long the second model takes to begin or to drain."""


def digest_of(settings: Settings, *more: Event) -> Digest:
    digest = Digest()
    events = [began(settings), spawned(), compiled(device="CPU", execution=["CPU"]), segment(1, settings=settings)]
    digest.feed(Update(2 * SECOND, empty_records(0), [*events, *more], 0, 0))
    return digest


@dataclass
class FirstSession:
    """A session whose host publishes what it is told, and whose requests are as the second model lets them be."""

    second: SecondModel
    now_ns: int = 2 * SECOND
    session: str = "s1"
    origin_ns: int = 0
    told: list[Any] = field(default_factory=list)
    news: list[Event] = field(default_factory=list)
    at: dict[int, Event] = field(default_factory=dict)
    """Events by time."""
    _done_ns: int = 2 * SECOND

    def tell(self, event: Event) -> None:
        self.told.append(event)
        self.news.append(event)

    def poll(self) -> Update:
        done_ms = []
        while (took_ms := 10 if self.second.loads_at(self._done_ns) else 4) * MS + self._done_ns <= self.now_ns:
            self._done_ns += took_ms * MS
            done_ms.append((self._done_ns / MS, float(took_ms)))
        rows = empty_records(0)
        if done_ms:
            times = np.array(done_ms)
            rows = records(times[:, 0], times[:, 1], segment=1)
        for t_ns in [t_ns for t_ns in self.at if t_ns <= self.now_ns]:
            self.news.append(self.at.pop(t_ns))
        events, self.news = self.news, []
        return Update(self.now_ns, rows, events, 0, 0)

    def of(self, kind: Any) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]


@dataclass
class SecondModel:
    """In place of SecondSession."""

    fails_at_ns: int | None = None
    failure_text: str = "its engine died: SIGKILL"
    first: FirstSession | None = None
    ready = True
    serving = True
    switched = False
    switched_ns = 0
    overload = ""
    name = "s2"
    offset_ns = 0
    closed = False
    digest: Digest = field(default_factory=lambda: digest_of(Settings(model="demo-mlp", rate=50.0)))
    loads: list[tuple[int, bool]] = field(default_factory=lambda: [(0, True)])
    blocks: list[TrialBlock] = field(default_factory=list)
    _due_ns: int = 0
    _wants = True

    def loads_at(self, t_ns: int) -> bool:
        return next(on for since_ns, on in reversed(self.loads) if since_ns <= t_ns)

    @property
    def now_ns(self) -> int:
        assert self.first is not None
        return self.first.now_ns

    @property
    def failure(self) -> str:
        return self.failure_text if self.fails_at_ns is not None and self.now_ns >= self.fails_at_ns else ""

    def begin(self) -> None:
        self._switch(True)
        self.serving = True
        self.loads.append((self.now_ns, True))  # at the earliest

    def rest(self) -> None:
        self._switch(False)

    def _switch(self, wants: bool) -> None:
        self._wants, self.switched, self._due_ns = wants, False, self.now_ns + SWITCHES_MS * MS

    def poll(self) -> None:
        if not self.switched and self._due_ns and self.now_ns >= self._due_ns:
            self.switched, self.switched_ns, self.serving = True, self._due_ns, self._wants
            if not self._wants:
                self.loads.append((self._due_ns, False))

    def tell(self, study: int, end_ns: int, *, rested: bool) -> BesideSecond:
        return BesideSecond(t_ns=end_ns, study=study, serving=not rested, completed=0, throughput=0.0)

    def add_blocks(self, blocks: list[TrialBlock]) -> None:
        self.blocks += blocks

    def figures(self, now_ns: int) -> None:  # noqa: ARG002
        return None

    def close(self) -> None:
        self.closed = True


def run(
    monkeypatch: pytest.MonkeyPatch, second: SecondModel | None = None, at: dict[int, Event] | None = None, **spec: Any
) -> tuple[FirstSession, SecondModel, Found]:
    second = second or SecondModel()
    first = FirstSession(second, at=at or {})
    second.first = first

    def passes(_first: Any, _second: Any, timeout_s: float) -> None:
        first.now_ns += max(int(min(timeout_s, 0.1) * SECOND), MS)

    monkeypatch.setattr(beside, "SecondSession", lambda *_: second)
    monkeypatch.setattr(beside, "wait_for_either", passes)
    monkeypatch.setattr(conductors, "wait_for_message", lambda *_: None)
    monkeypatch.setattr(beside.os, "nice", lambda _: 0)
    study = StudyBegan(
        t_ns=2 * SECOND,
        study=1,
        spec=BesideSpec(settings=Settings(model="demo-mlp"), **{"alternate_s": 60.0, **spec}),
        settings=SETTINGS,
    )
    digest = digest_of(SETTINGS, study)
    found = beside.run(Conductor(first, digest, study))  # type: ignore[arg-type]
    return first, second, found


def blocks_of(first: FirstSession, side: str) -> list[TrialBlock]:
    return [block for turn in first.of(TrialTurn) if turn.side == side for block in turn.blocks]


def test_no_block_alone_has_load_of_the_second_model_and_each_block_beside_has_it_throughout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, _ = run(monkeypatch)
    alone, together = blocks_of(first, "A"), blocks_of(first, "B")
    assert min(len(alone), len(together)) >= 6
    for block in alone:
        assert not any(second.loads_at(t_ns) for t_ns in range(block.begin_ns, block.until_ns + 4 * MS, MS))
    for block in together:
        assert all(second.loads_at(t_ns) for t_ns in range(block.begin_ns, block.until_ns + 10 * MS, MS))
    assert second.blocks == together
    sides = [turn.side for turn in first.of(TrialTurn) if turn.blocks]
    assert sides[:3] == ["A", "B", "A"]
    assert {turn.segment for turn in first.of(TrialTurn)} == {1}


def test_what_it_costs_is_found_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, found = run(monkeypatch)
    assert found.text.startswith("beside demo-mlp: p99 alone 4.00 ms, beside 10.0 ms (+150"), found.text
    assert "p50 alone 4.00 ms, beside 10.0 ms (+150" in found.text
    assert "throughput alone 250.0 /s, beside 100.0 /s (-60" in found.text
    assert isinstance(found.answer, BesideAnswer)
    assert (found.answer.trial, found.answer.session, found.failed) == (1, "s2", False)
    assert [event.reason for event in first.of(TrialEnded)] == ["narrow"], "so long as its interval is not narrow"
    assert second.closed


def test_it_ends_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _, found = run(monkeypatch, alternate_s=8.0)
    assert [event.reason for event in first.of(TrialEnded)] == ["done"]
    assert first.now_ns < 2 * SECOND + 10 * SECOND
    assert "too few to compare" in found.text or "alone" in found.text


def test_a_second_model_that_is_refused_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    second = SecondModel(fails_at_ns=0, failure_text="there is no device TPU here")
    second.ready = False
    first, second, found = run(monkeypatch, second)
    assert (found.text, found.failed) == ("beside demo-mlp: there is no device TPU here", True)
    assert not first.of(TrialBegan)
    assert second.closed


def test_one_that_dies_ends_the_comparison_with_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    first, _, found = run(monkeypatch, SecondModel(fails_at_ns=24 * SECOND), goes_on=True)
    assert [event.reason for event in first.of(TrialEnded)] == ["failed"]
    assert found.failed
    assert found.text.startswith("beside demo-mlp: it ended: demo-mlp: its engine died: SIGKILL; ")


def test_one_that_hangs_while_it_is_switched_ends_the_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SecondModel, "poll", lambda _: None)  # a host that was stopped, or a driver that hangs
    first, second, found = run(monkeypatch)
    assert first.now_ns < (5 + beside.SWITCH_S) * SECOND
    assert found.text.startswith("beside demo-mlp: it ended: demo-mlp: its load did not begin, or drain, within 30 s")
    assert found.failed
    assert second.closed


def test_a_person_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, found = run(monkeypatch, at={12 * SECOND: StudyStopping(t_ns=12 * SECOND, study=1)})
    assert [event.reason for event in first.of(TrialEnded)] == ["cancelled"]
    assert found.text.startswith("beside demo-mlp: it was stopped; ")
    assert not found.failed
    assert second.closed


def test_after_the_verdict_the_second_model_serves_on_until_a_person_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stops = {120 * SECOND: StudyStopping(t_ns=120 * SECOND, study=1)}
    first, _, found = run(monkeypatch, at=stops, goes_on=True)  # type: ignore[arg-type]
    ended = first.of(TrialEnded)[0]
    assert ended.reason == "narrow"
    later = [second for second in first.of(BesideSecond) if second.t_ns > ended.t_ns + 2 * SECOND]
    assert len(later) > 20
    assert all(second.serving for second in later)
    assert found.text.startswith("beside demo-mlp: p99 alone")


def test_each_second_is_told_once_and_says_whether_it_rested(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, _ = run(monkeypatch)
    seconds = first.of(BesideSecond)
    assert {b.t_ns - a.t_ns for a, b in pairwise(seconds)} == {SECOND}
    for each in seconds:
        rested = not any(second.loads_at(t_ns) for t_ns in range(each.t_ns - SECOND, each.t_ns, MS))
        assert each.serving or rested
    assert {each.serving for each in seconds} == {True, False}


def test_the_end_of_the_load_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    over = LoadEnded(t_ns=11 * SECOND, engine=1, reason="stopped", submitted=5)
    first, second, found = run(monkeypatch, at={11 * SECOND: over})
    assert [event.text for event in first.of(TrialEnded)] == ["the load has ended"]
    assert found.failed
    assert second.closed
