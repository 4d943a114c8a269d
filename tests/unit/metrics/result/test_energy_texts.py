"""What the summary says of energy and of disturbances."""

from __future__ import annotations

from typing import Any

from ovtui.metrics.result.energy import disturbance_texts, energy_texts
from ovtui.metrics.result.energy_schema import DisturbanceResult, Energy, Idle, SourceEnergy
from ovtui.metrics.result.summary_text import _each
from ovtui.records.events import PowerSource

NONE: dict[str, SourceEnergy | None] = dict.fromkeys(("cpu", "dram", "system", "gpu", "gpu_card", "battery"))
SHORT = SourceEnergy(
    watts=None, joules=None, coverage=0.5, readings=1, joules_per_inference=None, joules_per_item=None,
    idle_watts=None, joules_per_inference_above_idle=None,
)  # fmt: skip


def read(**values: Any) -> SourceEnergy:
    figures = {
        "watts": 20.0, "joules": 100.0, "coverage": 1.0, "readings": 5, "joules_per_inference": 0.4,
        "joules_per_item": None, "idle_watts": None, "joules_per_inference_above_idle": None, **values,
    }  # fmt: skip
    return SourceEnergy(**figures)


def energy(idle: Idle | None = None, counters: list[PowerSource] | None = None, **sources: SourceEnergy) -> Energy:
    return Energy(sources={**NONE, **sources}, idle=idle, no_idle=None, counters=counters)


def test_a_source_in_words() -> None:
    assert energy_texts(None) == []
    assert energy_texts(energy()) == []
    assert energy_texts(energy(cpu=read())) == ["CPU packages 20 W, 400 mJ per inference"]
    items = read(joules_per_item=0.1, joules_per_inference_above_idle=0.25)
    assert energy_texts(energy(gpu=items)) == [
        "GPU 20 W, 400 mJ per inference, 100 mJ per item, 250 mJ above idle"
    ]  # fmt: skip
    assert energy_texts(energy(gpu=read(joules_per_inference_above_idle=-0.01)))[0].endswith("not above idle")
    assert energy_texts(energy(dram=read(coverage=0.62)))[0].endswith("; 62.0 % of the load was read")


def test_sources_that_are_too_short_are_named_once() -> None:
    assert energy_texts(energy(cpu=SHORT, dram=SHORT)) == [
        "CPU packages, DRAM: the load is too short for a figure: 1 reading, 3 are needed"
    ]


def test_the_idle_machine_and_what_cannot_be_read() -> None:
    idle = Idle(since_s=9.0, until_s=14.0, watts={"cpu": 5.0}, reason="load ended", model_loaded=True)
    closed = PowerSource(
        name="dram_watts", path="/b", readable=False, reason="this user may not read it", command="sudo chmod a+r /b"
    )
    texts = energy_texts(energy(idle, [closed], cpu=read()))
    assert texts[1:] == [
        "idle with the model loaded: CPU packages 5 W (after the load had ended)",
        "DRAM: this user may not read it; to make it readable: sudo chmod a+r /b",
    ]


def test_a_line_to_type_is_not_divided() -> None:
    path = "/sys/class/powercap/intel-rapl:0:0/energy_uj /sys/class/powercap/intel-rapl:1/energy_uj"
    lines = _each("energy", [f"DRAM: closed; to make it readable: sudo chmod a+r {path}", "more"])
    assert lines == [
        "energy       DRAM: closed; to make it readable:", f"             sudo chmod a+r {path}", "             more",
    ]  # fmt: skip


def disturbance(load_s: float) -> DisturbanceResult:
    return DisturbanceResult(
        kind="throttle", source="gpu", reasons=[], name=None, pid=None, unseen=False, percent=None, since_s=1.0,
        until_s=None, load_s=load_s, text=f"took {load_s}",
    )  # fmt: skip


def test_the_longest_disturbances_of_the_load_come_first() -> None:
    found = [disturbance(load_s) for load_s in (1.0, 0.0, 5.0)]
    assert disturbance_texts(found) == ["took 5.0", "took 1.0"]
    assert disturbance_texts([disturbance(at) for at in range(1, 11)])[-1] == "and 4 more times"
