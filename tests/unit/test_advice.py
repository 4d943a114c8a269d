"""Each rule has a case where it must speak and one where it must be silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ovtui.metrics.advice import advise
from ovtui.metrics.advice.situation import Situation
from ovtui.metrics.advice.table import RULES
from ovtui.records.events import BatchingPlan
from ovtui.settings.fields import convert, fields

OF_16 = Situation(device="BATCH:CPU(16)", batching=BatchingPlan(size=16, exact=True, probe=True), batch_size=16)


def situation(base: Situation = OF_16, /, *, settings: dict[str, Any] | None = None, **values: Any) -> Situation:
    return replace(base, settings=convert(settings or {}), **values)


SLOW = {"rate": "300ms", "batch_timeout_ms": 1000}
ON_GPU = replace(
    OF_16, device="GPU", serving=("GPU.0",), batch_size=None, batching=BatchingPlan(exact=True, probe=True)
)

CASES: dict[str, tuple[Situation, Situation]] = {
    # id: (must speak, must be silent)
    "in-flight-no-multiple": (
        situation(nireq=20, batched=80, timed_out=20),
        situation(nireq=32, batched=80, timed_out=20),
    ),
    "rate-too-low": (
        situation(settings=SLOW, nireq=64, timed_out=20),
        situation(settings=SLOW | {"rate": "10ms"}, nireq=64, batched=400, timed_out=20),
    ),
    "cannot-batch": (
        situation(batching=BatchingPlan(why_not="the model's input x [2,8] has no batch dimension of 1 in front")),
        situation(),
    ),
    "hint-does-not-batch": (
        situation(replace(ON_GPU), settings={"auto_batching": "yes", "hint": "latency"}, single=50),
        situation(replace(ON_GPU), settings={"auto_batching": "yes", "hint": "throughput"}, single=50),
    ),
    "never-together": (
        situation(ON_GPU, nireq=8, single=500),
        situation(ON_GPU, nireq=8, single=500, batched=16, batch_size=8),
    ),
    "tail-waits": (
        situation(settings={"rate": 200.0, "batch_timeout_ms": 100}, batched=960, timed_out=40),
        situation(settings={"rate": 200.0, "batch_timeout_ms": 100}, batched=1000),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule_speaks_where_it_must(name: str) -> None:
    said = {advice.id: advice for advice in advise(CASES[name][0])}
    assert name in said
    advice = said[name]
    assert advice.evidence
    # The remedy can be applied as it is.
    assert set(advice.remedy) <= set(fields())
    CASES[name][0].settings.changed(advice.remedy)


@pytest.mark.parametrize("name", CASES)
def test_rule_is_silent_where_it_must_be(name: str) -> None:
    assert name not in {advice.id for advice in advise(CASES[name][1])}


def test_every_rule_has_its_cases() -> None:
    spoken = {advice.id for speaks, _ in CASES.values() for advice in advise(speaks)}
    assert spoken == set(CASES)
    assert len(CASES) == len(RULES)


def test_the_evidence_is_of_this_situation() -> None:
    (advice,) = advise(CASES["rate-too-low"][0])
    assert advice.text.startswith("3.33 requests/s collect 3 of 16 in 1000 ms: 100 % waited for the timer")
    assert advice.remedy == {"batch_timeout_ms": 100}


def test_nothing_is_said_before_the_first_segment() -> None:
    assert advise(None) == []


def test_warnings_come_first() -> None:
    now = situation(ON_GPU, settings={"auto_batching": "yes", "hint": "latency"}, nireq=8, single=500)
    severities = [advice.severity for advice in advise(now)]
    assert severities == sorted(severities, key=lambda severity: severity != "warning")
    assert len(severities) == 2
