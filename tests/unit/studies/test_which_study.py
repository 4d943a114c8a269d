"""The process of a study runs the study that it was started for, in a session that has had others before."""

from __future__ import annotations

from typing import cast

import pytest
from samples import began, update

from ovtui.host.client import InheritedSession
from ovtui.metrics.digest import Digest
from ovtui.records.events import Event, StudyBegan, StudyEnded, StudyStep, StudyStopping
from ovtui.records.source import Update
from ovtui.records.study_events import FindRateSpec
from ovtui.settings.schema.settings import Settings
from ovtui.studies import __main__ as study_main
from ovtui.studies import conductor as conductors


def study(number: int, slo: str) -> StudyBegan:
    return StudyBegan(t_ns=number, study=number, spec=FindRateSpec(slo=slo), settings=Settings())


class InParts:
    """A session whose past comes in parts."""

    def __init__(self, *parts: list[Event]) -> None:
        self._parts = [update(None, *events) for events in parts]

        self.told: list[Event] = []

    def poll(self) -> Update:
        return self._parts.pop(0)

    def tell(self, event: Event) -> None:
        self.told.append(event)


def test_an_earlier_study_that_ends_only_in_the_next_part_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_main, "wait_for_message", lambda *_: None)
    session = InParts(
        [began(), study(1, "p99<5ms")],
        [StudyEnded(t_ns=2, study=1, reason="done", text="holds 50/s")],
        [study(2, "p50<1ms")],
    )
    found = study_main.wait_for_study(cast(InheritedSession, session), Digest(), 2)
    assert found == study(2, "p50<1ms")


def test_one_that_was_stopped_before_its_process_was_there_stops_at_its_first_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conductors, "wait_for_message", lambda *_: None)
    session = InParts([began(), study(1, "p99<5ms"), StudyStopping(t_ns=2, study=1)], [], [])
    digest = Digest()
    found = study_main.wait_for_study(cast(InheritedSession, session), digest, 1)
    assert found is not None
    conductor = conductors.Conductor(cast(InheritedSession, session), digest, found)
    with pytest.raises(conductors.StudyStopped):
        conductor.look()
    assert conductor.stopped == "stopped"
    conductor.look()  # only once: it has to tell what it has


def test_the_time_left_is_never_more_than_its_limit_leaves() -> None:
    session = InParts()
    limited = StudyBegan(t_ns=0, study=1, spec=FindRateSpec(slo="p99<5ms", limit_s=20.0), settings=Settings())
    conductors.Conductor(cast(InheritedSession, session), Digest(), limited).step("measuring", "50/s", left_s=23.0)
    (step,) = session.told
    assert isinstance(step, StudyStep)
    assert step.ends_ns == 20_000_000_000
