"""Whoever follows advice gets on: the same advice does not come again, no two remedies contradict each other, and a
figure that is promised a range gets into it. On simulated loads, a few thousand of them."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from simulated_load import Device, measured
from test_advice import CASES

from ovtui.metrics.advice.advice import Advice, Claim
from ovtui.metrics.advice.advice_facts import AdviceFacts
from ovtui.metrics.advice.registry import RULES, advise
from ovtui.settings.changes import convert, with_changes
from ovtui.settings.schema.settings import Settings

STEPS = 8
DEVICES = (
    Device(0.3, 256), Device(0.3, 256, gain=0.9), Device(4.0, 16), Device(4.0, 1), Device(40.0, 16), Device(300.0, 8),
)  # fmt: skip
LOADS = [
    {
        "device": device, "hint": hint, "nireq": nireq, "rate": rate, "batch_timeout_ms": timeout_ms,
        "auto_batching": batching,
    }
    for device, hint, nireq, rate, timeout_ms, batching in itertools.product(
        ("CPU", "GPU", "BATCH:CPU(4)", "BATCH:CPU(16)"), ("latency", "throughput"), (0, 1, 4, 20, 64),
        (0.0, 3.0, 33.0, 100.0, 900.0), (None, 1, 100), ("default", "no", "yes"),
    )
]  # fmt: skip


def settings_of(load: Mapping[str, Any]) -> Settings:
    return convert({name: value for name, value in load.items() if value is not None})


def first_to_follow(found: list[Advice]) -> Advice | None:
    return next((advice for advice in found if advice.remedy), None)


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: f"{device.run_ms:g}ms-{device.optimal_batch}")
def test_the_same_advice_does_not_come_again(device: Device) -> None:
    spoke: Counter[str] = Counter()
    for load in LOADS:
        settings = settings_of(load)
        seen: list[tuple[str, frozenset[str]]] = []
        for _ in range(STEPS):
            advice = first_to_follow(advise(measured(settings, device)))
            if advice is None:
                break
            key = advice.id, frozenset(advice.remedy)
            assert key not in seen, f"{load}: {[*seen, key]}"
            seen.append(key)
            spoke[advice.id] += 1
            settings = with_changes(settings, advice.remedy)
        else:
            pytest.fail(f"no end of advice: {load}: {seen}")
    assert len(spoke) >= 4, spoke


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: f"{device.run_ms:g}ms-{device.optimal_batch}")
def test_what_is_promised_comes_about(device: Device) -> None:
    checked = 0
    for load in LOADS:
        settings = settings_of(load)
        before = measured(settings, device)
        for advice in advise(before):
            if advice.claim is None or not advice.claim.promises:
                continue
            figure = figure_of(measured(with_changes(settings, advice.remedy), device), advice.claim)
            if figure is None:
                continue
            checked += 1
            # The simulation is rough; a promise is not kept where it is off by half.
            assert advice.claim.low is None or figure > 0.5 * advice.claim.low, (load, advice, figure)
            assert advice.claim.high is None or figure < 1.5 * advice.claim.high + 1, (load, advice, figure)
    assert checked > 50


def figure_of(facts: AdviceFacts, claim: Claim) -> float | None:
    if claim.figure == "throughput":
        return facts.throughput
    return {"response p50": facts.response_p50, "response p99": facts.response_p99}.get(claim.figure)


def any_facts(seed: int) -> AdviceFacts:
    """Facts of two cases thrown together: every field from one of them."""
    chosen = random.Random(seed)
    cases = [facts for both in CASES.values() for facts in both]
    one, other = chosen.sample(cases, 2)
    names = [name for name in AdviceFacts.__dataclass_fields__ if chosen.random() < 0.5]
    mixed = replace(one, **{name: getattr(other, name) for name in names})
    loads = chosen.choice(LOADS)
    fields = chosen.sample([name for name in loads if loads[name] is not None], 2)
    return replace(mixed, settings=with_changes(mixed.settings, {name: loads[name] for name in fields}))


def test_no_two_pieces_of_advice_contradict_or_repeat_each_other() -> None:
    spoke, together = set(), 0
    for seed in range(4000):
        facts = any_facts(seed)
        found = advise(facts)
        spoke |= {advice.id for advice in found} | {name for advice in found for name in advice.merged}
        assert not any("model" in advice.remedy for advice in found), "two models are not compared"
        for one, other in itertools.permutations(found, 2):
            assert one.text not in other.text, (one, other)
        remedies = [(advice, plain(advice.remedy, facts)) for advice in found if advice.remedy]
        for (one, ours), (other, theirs) in itertools.combinations(remedies, 2):
            together += 1
            assert ours != theirs, (one, other)
            for name in ours.keys() & theirs.keys():
                assert ours[name] == theirs[name], (one, other)
            assert not opposite(ours, theirs, facts), (one, other)
            assert not opposite(theirs, ours, facts), (one, other)
    assert len(spoke) == len(RULES), {advice for advice in CASES if advice not in spoke}
    assert together > 80


def plain(remedy: Mapping[str, Any], facts: AdviceFacts) -> dict[str, Any]:
    """Each property that changes as a setting of its own."""
    now = facts.settings.properties
    found = {key: value for key, value in remedy.get("properties", {}).items() if now.get(key) != value}
    return found | {name: value for name, value in remedy.items() if name != "properties"}


def opposite(one: Mapping[str, Any], other: Mapping[str, Any], facts: AdviceFacts) -> bool:
    """Written anew here, so that the pairs of contradictions.py are checked and not repeated."""
    batched = facts.device.startswith("BATCH")
    off = one.get("auto_batching") == "no" or (batched and not str(one.get("device", "BATCH")).startswith("BATCH"))
    on = other.get("auto_batching") == "yes" or str(other.get("device", "")).startswith("BATCH")
    more = one.get("nireq", 0) > facts.nireq or one.get("hint") == "throughput"
    less = 0 < other.get("nireq", facts.nireq) < facts.nireq or other.get("hint") == "latency"
    slower = other.get("rate", facts.settings.rate) < facts.settings.rate
    return (off and (on or "batch_timeout_ms" in other)) or (more and (less or slower))


def test_a_remedy_that_is_merged_leaves_its_evidence() -> None:
    """Both want another number of threads: the quota's comes first."""
    quota, late = CASES["cpu-quota"][0], CASES["schedule-not-kept"][0]
    facts = replace(late, quota_cores=1.5, threads=8, cores=8, streams=8, throughput=10.0, latency=quota.latency)
    facts = replace(facts, latency={"service": CASES["pool-too-small"][0].latency["service"]})
    found = {advice.id: advice for advice in advise(facts)}
    assert "schedule-not-kept" not in found or not found["schedule-not-kept"].remedy
    assert found["cpu-quota"].remedy == {"nthreads": 1}
    assert found["cpu-quota"].merged == ("schedule-not-kept",)
    assert "idle infer request" in found["cpu-quota"].evidence
