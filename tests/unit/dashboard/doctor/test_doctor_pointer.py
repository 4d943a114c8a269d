"""The device line points to the doctor where a device is missing or has failed, and nowhere else."""

from __future__ import annotations

import pytest
from fake_source import FakeSource
from samples import SECOND, began, device_changed, started
from stage import Stage, on_stage

from ovtui.dashboard.preferences import Preferences
from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.metrics.handover.device_state import device_indicator
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import AcceleratorChanged, EngineFailed, Event

CPU_ALONE = {"CPU": "A CPU"}


def _asks(*events: Event) -> bool:
    state = SessionState()
    for event in events:
        state.fold(event)
    return device_indicator(state, 10 * SECOND).asks_doctor


def _failed_compile() -> list[Event]:
    return [*started(), AcceleratorChanged(t_ns=SECOND, engine=1, device="GPU", state="failed", reason="it broke")]


def _on(device: str, available: dict[str, str], execution: str) -> list[Event]:
    return started(device=device, execution=[execution], available=available)


@pytest.mark.parametrize(
    ("events", "asks"),
    [
        pytest.param(started(), False, id="standing in"),
        pytest.param(_failed_compile(), True, id="failed to compile"),
        pytest.param(_on("CPU", CPU_ALONE, "CPU"), True, id="the only device"),
        pytest.param(_on("AUTO:NPU,CPU", {**CPU_ALONE, "GPU": "A GPU"}, "CPU"), True, id="missing"),
        pytest.param(_on("CPU", {**CPU_ALONE, "GPU": "A GPU"}, "CPU"), False, id="chosen"),
        pytest.param(
            [began(), EngineFailed(t_ns=0, engine=1, reason="GPU: no GPU on this machine; ovtui doctor says why")],
            True, id="cannot start for want of it",
        ),
        pytest.param([began(), EngineFailed(t_ns=0, engine=1, reason="no such file")], False, id="no such file"),
    ],
)  # fmt: skip
def test_who_is_sent_to_the_doctor(events: list[Event], asks: bool) -> None:
    assert _asks(*events) == asks


def test_a_handover_is_no_failure() -> None:
    assert not _asks(*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0))


def test_the_line_names_the_key_at_its_end() -> None:
    source = FakeSource()
    source.tell(*_failed_compile())

    async def act(stage: Stage) -> None:
        await stage.advance(1)
        assert stage.text(DeviceLine).rstrip().endswith("K doctor")

    on_stage(act, source, size=(80, 24))


def test_another_key_of_the_person_is_named() -> None:
    source = FakeSource()
    source.tell(*_failed_compile())

    async def act(stage: Stage) -> None:
        await stage.advance(1)
        assert stage.text(DeviceLine).rstrip().endswith("f5 doctor")

    on_stage(act, source, preferences=Preferences(keys={"doctor": "f5"}))
