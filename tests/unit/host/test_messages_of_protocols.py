"""What a client of an older protocol is not sent: types that it does not know, and what holds them."""

from __future__ import annotations

from typing import get_args

import pytest

from ovtui.host.client_protocol import PROTOCOL, SINCE_AS_PART, since
from ovtui.records.events import Note, StudyBegan, StudyEnded, StudyLayers, StudyStep
from ovtui.records.study_events import (
    BesideAnswer,
    BesideSpec,
    FindRateAnswer,
    FindRateSpec,
    LayersAnswer,
    LayersSpec,
    RankAnswer,
    RankSpec,
    StudyAnswer,
    StudySpec,
    SweepAnswer,
    SweepSpec,
)
from ovtui.settings.schema.settings import Settings

OF_PROTOCOL_4 = {FindRateSpec, SweepSpec, BesideSpec, FindRateAnswer, SweepAnswer, BesideAnswer}
BASE = Settings()


@pytest.mark.parametrize(
    ("spec", "protocol"),
    [
        (SweepSpec(vary={"nireq": ["1"]}), 4),
        (LayersSpec(settings=BASE, devices=["CPU"]), 5),
        (RankSpec(devices=["CPU"], hints=["latency"]), 5),
    ],
)
def test_the_begin_of_a_study_is_as_new_as_its_kind(spec: StudySpec, protocol: int) -> None:
    assert since(StudyBegan(t_ns=1, study=1, spec=spec, settings=BASE)) == protocol


@pytest.mark.parametrize(
    ("answer", "protocol"),
    [
        (None, 4),
        (FindRateAnswer(holds_per_s=1, fails_per_s=None, probes=2, lasted_s=3), 4),
        (LayersAnswer(devices=[]), 5),
        (RankAnswer(by_throughput=[], by_latency=[], lasted_s=1), 5),
    ],
)
def test_the_end_of_a_study_is_as_new_as_its_answer(answer: StudyAnswer | None, protocol: int) -> None:
    assert since(StudyEnded(t_ns=1, study=1, reason="done", text="", answer=answer)) == protocol


def test_other_messages_are_as_new_as_their_type() -> None:
    assert since(Note(t_ns=1, severity="info", text="")) == 1
    assert since(StudyStep(t_ns=1, study=1, doing="measuring", text="")) == 4
    assert since(StudyLayers(t_ns=1, study=1, device="CPU", layers=[])) == 5


def test_every_kind_of_study_has_its_protocol() -> None:
    kinds = {*get_args(StudySpec), *get_args(StudyAnswer)}
    assert kinds - OF_PROTOCOL_4 == set(SINCE_AS_PART), "name it in client_protocol.SINCE_AS_PART, raise PROTOCOL"
    assert max(SINCE_AS_PART.values()) <= PROTOCOL
