"""What else differs is told, the evidence of the run first, and nothing that is alike."""

from __future__ import annotations

import pytest
from metrics.fleet.fleet_samples import box, result_of

from ovtui.metrics.fleet.facts_beside import alike, facts_beside, facts_side_by_side
from ovtui.metrics.fleet.odd_one import odd_ones
from ovtui.metrics.fleet.text import odd_text
from ovtui.records.fleet import BoxState

THROTTLED = {"kind": "throttle", "source": "cpu", "load_s": 24.0, "text": "…"}
BUSY = {"kind": "other-load", "source": None, "load_s": 30.0, "text": "…"}


def others(count: int = 4) -> list[BoxState]:
    return [box(f"o{number}") for number in range(count)]


def test_what_the_box_is_is_told_where_most_others_have_another_value() -> None:
    odd = box("x", facts={"GPU.0 driver": "24.1", "governor": "powersave", "memory": "15.4 GiB"})
    assert facts_beside(odd, others()) == [
        "GPU.0 driver 24.1 (others 25.3)",
        "governor powersave (others performance)",
    ]


def test_a_fact_in_which_the_others_are_not_of_one_mind_is_none() -> None:
    several = others()
    for number, other in enumerate(several):
        assert other.facts is not None
        other.facts.facts["kernel"] = f"6.{number}"
    assert facts_beside(box("x", facts={"kernel": "5.4"}), several) == []


def test_a_fact_that_only_one_side_has_is_told() -> None:
    several = others()
    for other in several:
        assert other.facts is not None
        other.facts.facts["NPU"] = "Intel AI Boost"
    assert facts_beside(box("x", facts={"quota": "2 cores"}), several) == [
        "quota 2 cores (others not told)",
        "NPU not told (others Intel AI Boost)",
    ]


def test_the_evidence_of_the_run_comes_first() -> None:
    changed = result_of(
        300, 14.0, 30.0, serving={"device": "(CPU)"}, handovers=[{"t_s": 9.0}], batching={"fill": 0.2},
        disturbances=[THROTTLED, THROTTLED | {"load_s": 0.0}, BUSY],
        telemetry={"cpu_temperature_c": {"max": 96.0}}, requests={"completed": 9, "errors": 3},
    )  # fmt: skip
    assert facts_beside(box("x", result=changed, facts={"governor": "powersave"}), others()) == [
        "served by (CPU) (others GPU.0)",
        "throttled for 40 % of the run (others 0 %)",
        "other load for 50 % of the run (others 0 %)",
        "96 °C (others 65 °C)",
        "20 % of its requests in batches (others 97 %)",
        "handover at 9.00 s (others 3.90 s)",
        "3 requests failed (others none)",
        "governor powersave (others performance)",
    ]


def test_where_nothing_differs_it_says_so() -> None:
    states = [*others(6), box("slow", by=1.5)]
    odd = odd_ones(states)["slow"]
    assert odd.reasons == []
    assert "Nothing else that is known of it differs" in odd_text(odd)


def test_no_cause_is_claimed() -> None:
    states = [*others(6), box("slow", by=1.5, facts={"governor": "powersave"})]
    text = odd_text(odd_ones(states)["slow"])
    assert "against the median of the 6 others of its kind" in text
    assert text.endswith("May be, because it differs from them: governor powersave (others performance)")


def test_what_a_box_sends_is_cleaned() -> None:
    odd = box("x", facts={"driver\x1b[2J": "1\n2\u202e"})
    assert facts_beside(odd, others()) == ["driver\\x1b[2J 1 2\\u202e (others not told)"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("15.6 GiB", "15.5 GiB", True), ("15.6 GiB", "31.2 GiB", False), ("3,400 MHz", "3400 MHz", True),
        ("3.4 GHz", "3400 MHz", False), ("12", "12", True), ("24.1", "24.2", False), ("", "x", False),
        ("6.8.0-45", "6.8.0-47", False), (f"{'9' * 30} GiB", "1 GiB", False),
    ],
)  # fmt: skip
def test_numbers_with_a_unit_are_alike_within_a_few_per_cent(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same


def test_facts_side_by_side_have_every_fact_of_either() -> None:
    rows = facts_side_by_side({"cpu": "a", "quota": "2 cores"}, [{"cpu": "b"}, {"cpu": "b", "kernel": "6.8"}])
    assert [(row.name, row.mine, row.others, row.differs) for row in rows] == [
        ("cpu", "a", "b", True),
        ("quota", "2 cores", "", True),
        ("kernel", "", None, False),
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {}, {"serving": None}, {"serving": {"device": 7}}, {"disturbances": "x"}, {"handovers": [1, {"t_s": "x"}]},
        {"telemetry": []}, {"throughput": "1"}, {"throughput": 10**400}, {"requests": {"errors": 1e999}},
        {"disturbances": [{"kind": "throttle", "load_s": None}], "duration_s": 0},
    ],
)  # fmt: skip
def test_a_result_of_another_version_breaks_nothing(broken: dict[str, object]) -> None:
    assert isinstance(facts_beside(box("x", result=broken), others()), list)
