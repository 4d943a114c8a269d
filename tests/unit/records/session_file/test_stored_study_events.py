"""Events of studies in a damaged recording: what refers to no study, or to a time or a segment that is none, is left
out, and the figures are made of the rest."""

from __future__ import annotations

import layer_samples as layers
import msgspec
import pytest
from samples import SECOND, began, spawned, update

from ovtui.metrics.digest import Digest
from ovtui.records.events import (
    Event,
    SegmentBegan,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    StudyStopping,
    TrialBegan,
    TurnBegan,
    TurnEnded,
    TurnRefused,
)
from ovtui.records.session_file.damage import Damage
from ovtui.records.session_file.stored_events import StoredEvents
from ovtui.records.study_events import (
    BesideSpec,
    FindRateAnswer,
    LayersAnswer,
    LayersSpec,
    PointFigures,
    RankAnswer,
    RankSpec,
    SweepSpec,
)
from ovtui.settings.schema.settings import Settings

BASE = Settings()
STUDY = StudyBegan(t_ns=1, study=1, spec=SweepSpec(vary={"nireq": ["1", "2"]}), settings=BASE)
TIMED = layers.layers(4)
TOLD = StudyLayers(
    t_ns=9, study=3, device="CPU", layers=TIMED, head=layers.head("CPU", TIMED, unexplained_us=layers.around(-3.0))
)
POINT = StudyPoint(
    t_ns=9, study=1, point=1, text="in flight 1", values={"nireq": "1"}, settings=BASE, outcome="measured",
    figures=PointFigures(requests=9, measured_s=1.0), segment=2, begin_ns=3, until_ns=8,
)  # fmt: skip
SOUND: list[Event] = [
    began(BASE),
    spawned(settings=BASE),
    SegmentBegan(t_ns=2, segment=1, engine=1, first_seq=0, nireq=1, settings=BASE),
    STUDY,
    StudyStep(t_ns=2, study=1, doing="measuring", text="in flight 1", point=1, ends_ns=99 * SECOND),
    TurnBegan(t_ns=3, turn=1, segment=2, engine=1),
    TurnEnded(t_ns=8, turn=1, halted_ns=7, dropped=3),
    TurnRefused(t_ns=8, turn=2, reason="no"),
    POINT,
    msgspec.structs.replace(POINT, begin_ns=1 << 50, until_ns=1 << 51, recording="/of/another/session.ovtui"),
    StudyStopping(t_ns=9, study=1),
    StudyEnded(t_ns=9, study=1, reason="stopped", text="", answer=None),
    StudyBegan(t_ns=9, study=2, spec=BesideSpec(settings=BASE), settings=BASE),
    StudyEnded(
        t_ns=9, study=2, reason="done", text="412/s",
        answer=FindRateAnswer(holds_per_s=412, fails_per_s=None, probes=2, lasted_s=3),
    ),
    StudyBegan(t_ns=9, study=3, spec=LayersSpec(settings=BASE, devices=["CPU"]), settings=BASE),
    msgspec.structs.replace(TOLD, head=None),
    TOLD,
    StudyEnded(t_ns=9, study=3, reason="done", text="", answer=LayersAnswer(devices=["CPU"])),
    StudyBegan(t_ns=9, study=4, spec=RankSpec(devices=["CPU"], hints=["latency"]), settings=BASE),
    StudyEnded(
        t_ns=9, study=4, reason="done", text="", answer=RankAnswer(by_throughput=[1], by_latency=[1], lasted_s=2)
    ),
]  # fmt: skip


def stored(events: list[Event]) -> tuple[list[Event], Damage]:
    damage = Damage()
    decoder = StoredEvents(damage, last_ns=100 * SECOND)
    found = []
    for event in events:
        found += decoder.decode(event.__struct_config__.tag, msgspec.json.encode(event))
    return found, damage


def test_what_a_session_emits_is_kept() -> None:
    found, damage = stored(SOUND)
    assert found == SOUND
    assert not damage


def test_a_trial_is_told_before_its_engine_starts() -> None:
    trial = TrialBegan(t_ns=3, trial=1, engine=2, a=BASE, b=BASE, changes=[], limit_s=30.0)
    emitted: list[Event] = [*SOUND[:3], trial, spawned(2, settings=BASE)]
    found, damage = stored(emitted)
    assert found == emitted
    assert not damage


@pytest.mark.parametrize(
    "odd",
    [
        StudyStep(t_ns=2, study=7, doing="measuring", text=""),
        StudyStopping(t_ns=2, study=7),
        StudyEnded(t_ns=2, study=7, reason="done", text=""),
        msgspec.structs.replace(STUDY, study=0),
        msgspec.structs.replace(TOLD, study=7),
        msgspec.structs.replace(TOLD, layers=[layers.layer(0, float("1e300"))]),
        msgspec.structs.replace(TOLD, layers=[layers.layer(-1, 2.0)]),
        msgspec.structs.replace(POINT, study=7),
        msgspec.structs.replace(POINT, point=0),
        msgspec.structs.replace(POINT, segment=1 << 40),
        msgspec.structs.replace(POINT, begin_ns=9, until_ns=8),
        msgspec.structs.replace(POINT, until_ns=1 << 50),
        msgspec.structs.replace(POINT, figures=PointFigures(requests=9, measured_s=float("1e300"))),
        TurnBegan(t_ns=3, turn=1, segment=2, engine=0),
        TurnBegan(t_ns=3, turn=1, segment=1 << 40, engine=1),
        TurnBegan(t_ns=3, turn=-1, segment=2, engine=1),
        TurnEnded(t_ns=8, turn=1, halted_ns=9),
    ],
)
def test_what_none_can_emit_is_left_out_and_said(odd: Event) -> None:
    found, damage = stored([*SOUND, odd])
    assert found == SOUND
    assert damage


@pytest.mark.parametrize("missing", range(3, len(SOUND)))
def test_figures_are_made_also_where_one_is_missing_or_twice_there(missing: int) -> None:
    for events in ([*SOUND[:missing], *SOUND[missing + 1 :]], [*SOUND[: missing + 1], *SOUND[missing:]]):
        found, _ = stored(events)
        digest = Digest()
        digest.feed(update(None, *found, now_s=50))
        assert digest.snapshot().session_state.segment is not None
