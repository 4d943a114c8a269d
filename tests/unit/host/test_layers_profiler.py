"""Whatever the process that profiles does, there is a result or one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ovtui.host import layers_profiler
from ovtui.host.asked_processes import Answer
from ovtui.host.followed_process import Followed
from ovtui.host.layers_profiler import NotProfiled, profile_layers
from ovtui.records.layers import (
    Doing,
    LayersDone,
    LayersGraph,
    LayersHead,
    LayersRefused,
    LayersStep,
    LayersTold,
    LayerTimes,
    Spread,
)
from ovtui.settings.schema.settings import Settings

SPREAD = Spread(median=1.0, p5=1.0, p95=1.0)
HEAD = LayersHead(
    model="m", device="CPU", execution_device="CPU", full_name="", inferences=1, untouched_us=SPREAD,
    profiled_us=SPREAD, cost=[], layers_us=SPREAD, unexplained_us=SPREAD,
)  # fmt: skip


def layer(name: str, order: int) -> LayerTimes:
    return LayerTimes(
        name=name, type="", exec_type="", precision="", original_names=[], order=order, status="", inferences=0,
        median_us=None, p95_us=None, mean_us=None, mean_cpu_us=None,
    )  # fmt: skip


def profiled(
    monkeypatch: pytest.MonkeyPatch, steps: Sequence[LayersStep], answer: Answer | None = None, **more: Any
) -> Any:
    def follow(*_: Any) -> Followed[LayersStep]:
        return Followed(list(steps), answer or Answer("answered"))

    monkeypatch.setattr(layers_profiler, "follow", follow)
    return profile_layers(Settings(model="m.xml", device="CPU"), **more)


def refusal(monkeypatch: pytest.MonkeyPatch, steps: Sequence[LayersStep], answer: Answer | None = None) -> NotProfiled:
    with pytest.raises(NotProfiled) as raised:
        profiled(monkeypatch, steps, answer)
    return raised.value


def test_what_comes_several_times_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [
        Doing("compiling"), LayersTold([layer("a", 0)], so_far=True), LayersTold([layer("a", 0)]),
        LayersTold([layer("b", 1)]), LayersGraph("<net/>"), LayersDone(HEAD),
    ]  # fmt: skip
    found = profiled(monkeypatch, steps)
    assert [each.name for each in found.layers] == ["a", "b"]
    assert (found.head, found.graph_xml) == (HEAD, "<net/>")


def test_a_refusal_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refusal(monkeypatch, [LayersRefused("no such model", "whole text", misused=True)])
    assert (str(error), error.detail, error.misused) == ("no such model", "whole text", True)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer("late", limit_s=300.0),
         "m.xml on CPU: no layers within 300 s (it was compiling); --time-limit gives it longer"),
        (Answer("signal", signal_name="SIGSEGV", stderr=b"a driver's word\n"),
         "m.xml on CPU: the process that profiles the model died with SIGSEGV while compiling: a driver's word"),
        (Answer("exit-code", code=1), "m.xml on CPU: the process that profiles the model died with exit code 1 while "
         "compiling"),
        (Answer("answered"), "m.xml on CPU: the process that profiles the model gave no answer that can be read"),
        (Answer("not-started", why_not_started="no memory"),
         "no process can be started that profiles the model: no memory"),
    ],
)  # fmt: skip
def test_a_process_that_ends_otherwise_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, text: str
) -> None:
    error = refusal(monkeypatch, [Doing("compiling")], answer)
    assert str(error) == text
    assert not error.misused


def test_a_real_process_that_tells_no_steps() -> None:
    with pytest.raises(NotProfiled, match="gave no answer that can be read"):
        profile_layers(Settings(model="m.xml", device="CPU"), module="this")


def test_a_real_process_that_takes_too_long_is_killed() -> None:
    with pytest.raises(NotProfiled, match=r"^demo-cnn on CPU: no layers within 0\.05 s"):
        profile_layers(Settings(model="demo-cnn", device="CPU"), limit_s=0.05)
