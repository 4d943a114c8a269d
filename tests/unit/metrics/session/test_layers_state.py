"""Layers as a session's state keeps them, from the events of their study; what is said of them."""

from __future__ import annotations

import layer_samples as samples
import msgspec
import pytest
from samples import began, spawned, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.event_text import describe_event
from ovtui.metrics.result.studies import studies_result, study_texts
from ovtui.metrics.session.session_state import SessionState
from ovtui.metrics.session.study_text import brief_progress, ending_text, kind_of, place_text, progress_text
from ovtui.records.events import StudyBegan, StudyEnded, StudyLayers, StudyStep
from ovtui.records.study_events import LayersAnswer, LayersSpec, RankAnswer, RankSpec
from ovtui.settings.schema.settings import Settings

BASE = Settings(model="demo-cnn", device="CPU")
BEGAN = StudyBegan(
    t_ns=2, study=1, spec=LayersSpec(settings=BASE, devices=["CPU", "GPU.0"], inferences=100), settings=BASE
)
CPU, GPU = samples.layers(31), samples.layers(9, 0.25)
SO_FAR = [msgspec.structs.replace(layer, median_us=5.0, inferences=40) for layer in CPU[:10]]
PARTS = [
    StudyLayers(t_ns=3, study=1, device="CPU", layers=SO_FAR),
    StudyLayers(t_ns=4, study=1, device="CPU", layers=CPU[:20]),
    StudyLayers(t_ns=4, study=1, device="CPU", layers=CPU[20:], head=samples.head("CPU", CPU)),
    StudyLayers(t_ns=5, study=1, device="GPU.0", layers=GPU[::-1]),
]


def folded(*events: object) -> SessionState:
    digest = Digest()
    digest.feed(update(None, began(BASE), spawned(settings=BASE), BEGAN, *events, now_s=9))  # type: ignore[arg-type]
    return digest.session_state


def test_layers_of_one_order_take_the_place_of_earlier_ones() -> None:
    (study,) = folded(*PARTS[:1]).studies
    assert study.layers["CPU"].layers == SO_FAR
    assert (study.layers["CPU"].inferences, study.layers["CPU"].head) == (40, None)
    (study,) = folded(*PARTS).studies
    assert list(study.layers) == ["CPU", "GPU.0"]
    assert study.layers["CPU"].layers == CPU
    assert study.layers["CPU"].head == samples.head("CPU", CPU)
    assert study.layers["GPU.0"].layers == GPU
    assert study.layers["GPU.0"].head is None


def test_the_history_has_a_line_for_each_device_and_none_for_a_part() -> None:
    state = folded(*PARTS)
    told = [describe_event(event, state) for event in state.log if isinstance(event, StudyLayers)]
    assert [(each.label, each.text) for each in told] == [("LAYERS", "CPU: all layers are told, of 100 inferences")]


def test_where_it_stands() -> None:
    state = folded(*PARTS)
    (study,) = state.studies
    study.step = StudyStep(
        t_ns=6,
        study=1,
        doing="measuring",
        text="GPU.0, 40 of 100 inferences",
        point=2,
        planned=2,
        ends_ns=12_000_000_006,
    )
    assert kind_of(study.began.spec) == "layers"
    assert place_text(study) == "device 2 of 2"
    text = "layers: device 2 of 2 · measuring GPU.0, 40 of 100 inferences · about 12 s left"
    assert progress_text(study, 6) == text
    assert brief_progress(study) == "layers 2/2"


@pytest.mark.parametrize("ending", ["done", "stopped"])
def test_the_result_tells_what_was_found(ending: str) -> None:
    answer = LayersAnswer(devices=["CPU"])
    ended = StudyEnded(t_ns=7, study=1, reason=ending, text="31 layers on CPU are 4.0 of 4.8 ms", answer=answer)  # type: ignore[arg-type]
    state = folded(*PARTS, ended)
    (result,) = studies_result(state)
    assert (result.kind, result.about, result.points) == ("layers", "layers on CPU and GPU.0", 1)
    assert result.layers == [samples.head("CPU", CPU)]
    assert result.answer == answer
    stopped = "stopped: " if ending == "stopped" else ""
    assert ending_text(state.studies[0]) == f"{stopped}31 layers on CPU are 4.0 of 4.8 ms"
    assert study_texts([result]) == [f"layers on CPU and GPU.0: {stopped}31 layers on CPU are 4.0 of 4.8 ms"]


def test_a_leaderboard_is_told_with_its_rows() -> None:
    began_rank = StudyBegan(
        t_ns=2, study=2, spec=RankSpec(devices=["CPU", "GPU"], hints=["latency", "throughput"]), settings=BASE
    )
    answer = RankAnswer(by_throughput=[], by_latency=[], lasted_s=3.0)
    state = folded(began_rank, StudyEnded(t_ns=7, study=2, reason="done", text="CPU serves most", answer=answer))
    told = studies_result(state)[1]
    assert (told.kind, told.points, told.answer, told.layers) == ("rank", 0, answer, [])
    assert study_texts([told]) == ["rank of CPU, GPU: CPU serves most (0 rows)"]
