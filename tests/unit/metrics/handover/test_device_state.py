from __future__ import annotations

import pytest
from samples import SECOND, began, compiled, device_changed, model_read, segment, spawned, started

from ovtui.metrics.handover.device_state import device_indicator, possible_devices
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import (
    AcceleratorChanged,
    EngineExited,
    EngineFailed,
    Event,
    IdleMeasured,
    LoadPaused,
    Note,
)
from ovtui.settings.schema.settings import Settings

ONLY_CPU = {"CPU": "Test CPU"}
BOTH = {"CPU": "Test CPU", "GPU": "Test GPU"}


def indicator_of(*events: Event, at_s: float = 10.0) -> tuple[str, str, str]:
    session_state = SessionState()
    for event in events:
        session_state.fold(event)
    shown = device_indicator(session_state, int(at_s * SECOND))
    return shown.device, shown.sentence, shown.state


def news(state: str, device: str = "GPU", reason: str = "") -> AcceleratorChanged:
    return AcceleratorChanged(t_ns=SECOND, engine=1, device=device, state=state, reason=reason)


def test_no_engine_yet() -> None:
    assert indicator_of() == ("–", "", "none"), "of a session that is not known yet nothing is said"
    assert indicator_of(began()) == ("–", "no engine", "none")


def test_while_the_first_engine_reads_and_compiles() -> None:
    settings = Settings(device="AUTO:GPU,CPU")
    begun = [began(), spawned(t_s=0.5, settings=settings)]
    assert indicator_of(*begun, at_s=0.9) == ("–", "reading the model, 0.4 s", "starting")
    assert indicator_of(*begun, model_read(), at_s=2.6) == ("–", "compiling for AUTO:GPU,CPU, 2.1 s", "starting")


def test_the_stand_in_counts_from_the_start_of_the_compile() -> None:
    assert indicator_of(*started(), at_s=3.3) == ("(CPU)", "standing in; GPU compiling, 3.2 s", "standing-in")


def test_the_stand_in_names_the_accelerator_that_auto_chose() -> None:
    assert indicator_of(*started(), news("compiling", "GPU.1"), at_s=3.3)[1] == "standing in; GPU.1 compiling, 3.2 s"


def test_a_bare_auto_names_what_the_machine_has() -> None:
    assert indicator_of(*started(device="AUTO"), at_s=3.3)[1] == "standing in; GPU compiling, 3.2 s"


def test_of_several_named_devices_the_present_one_is_shown() -> None:
    assert indicator_of(*started(device="AUTO:NPU,GPU.0,CPU"), at_s=3.3)[1] == "standing in; GPU.0 compiling, 3.2 s"


def test_compiled_but_not_yet_taken_over() -> None:
    shown = indicator_of(*started(), news("compiled"))
    assert shown == ("(CPU)", "standing in; GPU compiled, about to take over", "standing-in")


@pytest.mark.parametrize("execution", ["(CPU)", "CPU"])
def test_after_a_failed_compile_the_cpu_no_longer_stands_in(execution: str) -> None:
    shown = indicator_of(*started(execution=[execution]), news("failed", reason="no memory"))
    assert shown == ("CPU", "GPU failed to compile: no memory", "failed")


def test_a_stand_in_that_turns_into_the_cpu_has_failed_too() -> None:
    assert indicator_of(*started(), device_changed(["(CPU)"], ["CPU"], 2.0)) == (
        "CPU",
        "GPU failed to compile",
        "failed",
    )


def test_a_missing_accelerator_is_not_waited_for() -> None:
    shown = indicator_of(*started(device="AUTO:NPU,CPU", available=BOTH))
    assert shown == ("CPU", "no NPU on this machine", "failed")


def test_the_handover_is_shown_in_detail_for_ten_seconds() -> None:
    events = [*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0, 3.61)]
    assert indicator_of(*events, at_s=13.9) == ("GPU.0", "handover after 3.61 s", "serving")
    assert indicator_of(*events, at_s=14.1) == ("GPU.0", "(CPU) stood in 3.61 s", "serving")


def test_the_handover_includes_the_worst_at_the_switch_if_known() -> None:
    session_state = SessionState()
    for event in (*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0, 3.61)):
        session_state.fold(event)
    assert (
        device_indicator(session_state, 5 * SECOND, 212.34).sentence
        == "handover after 3.61 s, worst at the switch 212.3 ms"
    )
    assert (
        device_indicator(session_state, 50 * SECOND, 1212.0).sentence
        == "(CPU) stood in 3.61 s, worst at the switch 1,212.0 ms"
    )


def test_a_gpu_that_fails_while_running() -> None:
    events = [*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0), device_changed(["GPU.0"], ["CPU"], 131.5)]
    assert indicator_of(*events, at_s=200) == ("CPU", "GPU.0 failed while running, 02:11", "failed")


@pytest.mark.parametrize("device", ["CPU", "AUTO", "BATCH:CPU(4)"])
def test_the_only_device_of_the_machine(device: str) -> None:
    shown = indicator_of(*started(device=device, execution=["CPU"], available=ONLY_CPU))
    assert shown == ("CPU", "the only device on this machine", "only")


def test_a_requested_cpu_on_a_machine_with_a_gpu_has_no_remark() -> None:
    assert indicator_of(*started(device="CPU", execution=["CPU"])) == ("CPU", "", "serving")


def test_a_fallback_names_the_requested_device() -> None:
    settings = Settings(device="GPU", fallback_device="CPU")
    npu = {"CPU": "Test CPU", "NPU": "Test NPU"}
    shown = indicator_of(*started(settings, device="CPU", execution=["CPU"], available=npu))
    assert shown == ("CPU", "instead of GPU", "serving")


def test_no_stand_in_with_a_warm_cache() -> None:
    settings = Settings(device="AUTO:GPU,CPU", cache_dir="/tmp/cache")
    assert indicator_of(*started(settings, execution=["GPU.0"])) == ("GPU.0", "from cache, no stand-in", "serving")
    assert indicator_of(*started(execution=["GPU.0"])) == ("GPU.0", "no stand-in", "serving")


def test_no_stand_in_with_the_startup_fallback_off_whatever_the_cache() -> None:
    off = Settings(device="AUTO:GPU,CPU", cache_dir="/tmp/cache", properties={"ENABLE_STARTUP_FALLBACK": "no"})
    shown = indicator_of(*started(off, execution=["GPU.0"]))
    assert shown == ("GPU.0", "startup fallback is off, no stand-in", "serving")


def test_a_runtime_fallback_that_is_off_is_shown_and_then_that_requests_fail() -> None:
    off = Settings(device="AUTO:GPU,CPU", properties={"ENABLE_RUNTIME_FALLBACK": "NO"})
    events = [*started(off), device_changed(["(CPU)"], ["GPU.0"], 4.0, 3.61)]
    assert indicator_of(*events, at_s=13.9)[1] == "handover after 3.61 s"
    assert indicator_of(*events, at_s=14.1) == ("GPU.0", "(CPU) stood in 3.61 s; runtime fallback is off", "serving")
    failing = Note(t_ns=5 * SECOND, severity="error", text="requests fail: out of resources", engine=1)
    assert indicator_of(*events, failing, at_s=5) == ("GPU.0", "requests fail; runtime fallback is off", "failed")
    assert indicator_of(*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0), failing, at_s=5)[2] == "serving"


def test_devices_that_a_bare_auto_leaves_out_are_named() -> None:
    shown = indicator_of(*started(device="AUTO", execution=["CPU"]))
    assert shown == ("CPU", "AUTO by itself leaves out GPU; use AUTO:GPU,CPU", "serving")
    three = {**BOTH, "NPU": "Test NPU"}
    shown = indicator_of(*started(device="AUTO", execution=["CPU"], available=three))
    assert shown[1] == "AUTO by itself leaves out GPU and NPU; use AUTO:GPU,NPU,CPU"
    failed = indicator_of(*started(device="AUTO", execution=["CPU"]), news("failed", reason="no memory"))
    assert failed == ("CPU", "GPU failed to compile: no memory", "failed")


@pytest.mark.parametrize("execution", ["CPU", "(CPU)"])
def test_a_missing_device_takes_precedence_over_its_failed_compile(execution: str) -> None:
    npu = started(device="AUTO:NPU,CPU", execution=[execution], available=ONLY_CPU)
    shown = indicator_of(*npu, news("failed", "NPU", "VCL compiler loading failed"))
    assert shown == ("CPU", "no NPU on this machine", "failed")


def test_of_several_named_devices_the_failure_of_the_present_one_is_shown() -> None:
    shown = indicator_of(*started(device="AUTO:NPU,GPU,CPU", execution=["CPU"]), news("failed", "GPU", "no memory"))
    assert shown == ("CPU", "GPU failed to compile: no memory", "failed")


def test_several_at_once_are_ambiguous() -> None:
    settings = Settings(device="AUTO:GPU,CPU", hint="cumulative_throughput")
    shown = indicator_of(*started(settings, execution=["GPU.0", "CPU"]))
    assert shown == ("one of GPU.0, CPU", "cumulative", "ambiguous")
    shown = indicator_of(*started(device="MULTI:GPU,CPU", execution=["GPU.0", "CPU"]))
    assert shown == ("one of GPU.0, CPU", "MULTI:GPU,CPU", "ambiguous")


def test_a_dead_engine_serves_nothing() -> None:
    died = EngineExited(t_ns=75 * SECOND, engine=1, expected=False, code=-9, signal="SIGKILL")
    assert indicator_of(*started(), died) == ("–", "the engine died of SIGKILL, 01:15", "died")
    crashed = EngineExited(t_ns=75 * SECOND, engine=1, expected=False, code=3)
    assert indicator_of(*started(), crashed)[1] == "the engine died of exit code 3, 01:15"


def test_after_a_death_the_new_engine_is_what_counts() -> None:
    died = EngineExited(t_ns=75 * SECOND, engine=1, expected=False, code=-9, signal="SIGKILL")
    events = [*started(), died, spawned(2, t_s=80.0)]
    assert indicator_of(*events, at_s=80.5) == ("–", "reading the model, 0.5 s", "starting")
    events += [model_read(2), compiled(2, t_s=81.0), segment(2, engine=2, t_s=81.1)]
    assert indicator_of(*events, at_s=82.0)[2] == "standing-in"


def test_an_engine_that_cannot_start_gives_its_reason() -> None:
    failed = EngineFailed(t_ns=SECOND, engine=1, reason="model.xml: no such file")
    assert indicator_of(began(), spawned(), failed) == ("–", "model.xml: no such file", "failed")


def test_a_second_engine_that_compiles_does_not_change_who_serves() -> None:
    events = [*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0), spawned(2, t_s=20.0)]
    assert indicator_of(*events, at_s=21.0) == ("GPU.0", "(CPU) stood in 3.61 s", "serving")


def test_devices_that_may_have_served_an_ambiguous_request() -> None:
    """On either side of the nearest change of device, or all that share the work."""
    session_state = SessionState()
    to_gpu, back = device_changed(["(CPU)"], ["GPU.0"], t_s=3), device_changed(["GPU.0"], ["CPU"], t_s=9)
    for event in [*started(), to_gpu, back]:
        session_state.fold(event)
    assert possible_devices(session_state, 1, 3 * SECOND) == ["(CPU)", "GPU.0"]
    assert possible_devices(session_state, 1, 8 * SECOND) == ["GPU.0", "CPU"]
    assert possible_devices(session_state, 7, SECOND) == []
    shared = SessionState()
    for event in started(device="MULTI:GPU,CPU", execution=["GPU.0", "CPU"]):
        shared.fold(event)
    assert possible_devices(shared, 1, SECOND) == ["GPU.0", "CPU"]


def test_a_load_that_pauses_for_the_idle_machine() -> None:
    state = SessionState()
    for event in [*started(Settings(device="CPU"), device="CPU", execution=["CPU"], available={"CPU": "Test CPU"})]:
        state.fold(event)
    state.fold(LoadPaused(t_ns=10 * SECOND, engine=1, until_ns=15 * SECOND))
    paused = device_indicator(state, 12 * SECOND)
    assert (paused.device, paused.sentence) == ("CPU", "the load pauses, 3.0 s more: the idle machine is measured")
    state.fold(IdleMeasured(t_ns=15 * SECOND, since_ns=10 * SECOND, watts={"cpu_watts": 4.0}, reason="asked"))
    assert "pauses" not in device_indicator(state, 16 * SECOND).sentence


@pytest.mark.parametrize(
    ("device", "execution", "available", "lacks"),
    [
        ("AUTO", ["CPU"], {"CPU": "Test CPU"}, True),
        ("AUTO:GPU,CPU", ["CPU"], {"CPU": "Test CPU"}, True),
        ("CPU", ["CPU"], {"CPU": "Test CPU"}, False),
        ("AUTO:GPU,CPU", ["GPU.0"], None, False),
    ],
)
def test_a_start_without_an_accelerator_that_was_allowed_is_told_of_the_demo(
    device: str, execution: list[str], available: dict[str, str] | None, lacks: bool
) -> None:
    state = SessionState()
    for event in started(device=device, execution=execution, available=available):
        state.fold(event)
    assert device_indicator(state, SECOND).lacks_accelerator is lacks
