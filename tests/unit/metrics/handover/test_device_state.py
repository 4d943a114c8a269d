from __future__ import annotations

import pytest
from samples import SECOND, began, compiled, device_changed, model_read, segment, spawned, started

from ovtui.metrics.handover.device_state import device_indicator, possible_devices
from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import AcceleratorChanged, EngineExited, EngineFailed, Event, Note
from ovtui.settings.schema.settings import Settings

ONLY_CPU = {"CPU": "Test CPU"}
BOTH = {"CPU": "Test CPU", "GPU": "Test GPU"}


def told(*events: Event, at_s: float = 10.0) -> tuple[str, str, str]:
    story = SessionState()
    for event in events:
        story.fold(event)
    shown = device_indicator(story, int(at_s * SECOND))
    return shown.device, shown.sentence, shown.state


def news(state: str, device: str = "GPU", reason: str = "") -> AcceleratorChanged:
    return AcceleratorChanged(t_ns=SECOND, engine=1, device=device, state=state, reason=reason)


def test_no_engine_yet() -> None:
    assert told() == ("–", "no engine", "none")


def test_while_the_first_engine_reads_and_compiles() -> None:
    settings = Settings(device="AUTO:GPU,CPU")
    begun = [began(), spawned(t_s=0.5, settings=settings)]
    assert told(*begun, at_s=0.9) == ("–", "reading the model, 0.4 s", "starting")
    assert told(*begun, model_read(), at_s=2.6) == ("–", "compiling for AUTO:GPU,CPU, 2.1 s", "starting")


def test_the_stand_in_counts_from_the_start_of_the_compile() -> None:
    assert told(*started(), at_s=3.3) == ("(CPU)", "standing in; GPU compiling, 3.2 s", "standing-in")


def test_the_stand_in_names_the_accelerator_that_auto_chose() -> None:
    assert told(*started(), news("compiling", "GPU.1"), at_s=3.3)[1] == "standing in; GPU.1 compiling, 3.2 s"


def test_a_bare_auto_names_what_the_machine_has() -> None:
    assert told(*started(device="AUTO"), at_s=3.3)[1] == "standing in; GPU compiling, 3.2 s"


def test_of_several_named_the_one_that_is_there_is_meant() -> None:
    assert told(*started(device="AUTO:NPU,GPU.0,CPU"), at_s=3.3)[1] == "standing in; GPU.0 compiling, 3.2 s"


def test_compiled_but_not_yet_taken_over() -> None:
    shown = told(*started(), news("compiled"))
    assert shown == ("(CPU)", "standing in; GPU compiled, about to take over", "standing-in")


@pytest.mark.parametrize("execution", ["(CPU)", "CPU"])
def test_a_failed_compile_is_no_standing_in(execution: str) -> None:
    shown = told(*started(execution=[execution]), news("failed", reason="no memory"))
    assert shown == (execution, "GPU failed to compile: no memory", "failed")


def test_a_stand_in_that_turns_into_the_cpu_has_failed_too() -> None:
    assert told(*started(), device_changed(["(CPU)"], ["CPU"], 2.0)) == ("CPU", "GPU failed to compile", "failed")


def test_an_accelerator_that_is_not_there_is_not_waited_for() -> None:
    shown = told(*started(device="AUTO:NPU,CPU", available=BOTH))
    assert shown == ("(CPU)", "no NPU on this machine", "failed")


def test_the_handover_is_news_for_ten_seconds() -> None:
    events = [*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0, 3.61)]
    assert told(*events, at_s=13.9) == ("GPU.0", "handover after 3.61 s", "serving")
    assert told(*events, at_s=14.1) == ("GPU.0", "(CPU) stood in 3.61 s", "serving")


def test_the_handover_tells_the_worst_at_the_switch_where_it_is_known() -> None:
    story = SessionState()
    for event in (*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0, 3.61)):
        story.fold(event)
    assert device_indicator(story, 5 * SECOND, 212.34).sentence == "handover after 3.61 s, worst at the switch 212.3 ms"
    assert (
        device_indicator(story, 50 * SECOND, 1212.0).sentence == "(CPU) stood in 3.61 s, worst at the switch 1,212.0 ms"
    )


def test_a_gpu_that_fails_while_running() -> None:
    events = [*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0), device_changed(["GPU.0"], ["CPU"], 131.5)]
    assert told(*events, at_s=200) == ("CPU", "GPU.0 failed while running, 02:11", "failed")


@pytest.mark.parametrize("device", ["CPU", "AUTO", "BATCH:CPU(4)"])
def test_the_only_device_of_the_machine(device: str) -> None:
    shown = told(*started(device=device, execution=["CPU"], available=ONLY_CPU))
    assert shown == ("CPU", "the only device on this machine", "only")


def test_a_cpu_that_was_asked_for_on_a_machine_with_a_gpu_needs_no_words() -> None:
    assert told(*started(device="CPU", execution=["CPU"])) == ("CPU", "", "serving")


def test_a_fallback_says_what_it_stands_for() -> None:
    settings = Settings(device="GPU", fallback_device="CPU")
    npu = {"CPU": "Test CPU", "NPU": "Test NPU"}
    shown = told(*started(settings, device="CPU", execution=["CPU"], available=npu))
    assert shown == ("CPU", "instead of GPU", "serving")


def test_no_stand_in_with_a_warm_cache() -> None:
    settings = Settings(device="AUTO:GPU,CPU", cache_dir="/tmp/cache")
    assert told(*started(settings, execution=["GPU.0"])) == ("GPU.0", "from cache, no stand-in", "serving")
    assert told(*started(execution=["GPU.0"])) == ("GPU.0", "no stand-in", "serving")


def test_no_stand_in_where_the_startup_fallback_is_off_whatever_the_cache() -> None:
    off = Settings(device="AUTO:GPU,CPU", cache_dir="/tmp/cache", properties={"ENABLE_STARTUP_FALLBACK": "no"})
    shown = told(*started(off, execution=["GPU.0"]))
    assert shown == ("GPU.0", "startup fallback is off, no stand-in", "serving")


def test_a_runtime_fallback_that_is_off_is_told_and_then_that_requests_fail() -> None:
    off = Settings(device="AUTO:GPU,CPU", properties={"ENABLE_RUNTIME_FALLBACK": "NO"})
    events = [*started(off), device_changed(["(CPU)"], ["GPU.0"], 4.0, 3.61)]
    assert told(*events, at_s=13.9)[1] == "handover after 3.61 s"
    assert told(*events, at_s=14.1) == ("GPU.0", "(CPU) stood in 3.61 s; runtime fallback is off", "serving")
    failing = Note(t_ns=5 * SECOND, severity="error", text="requests fail: out of resources", engine=1)
    assert told(*events, failing, at_s=5) == ("GPU.0", "requests fail; runtime fallback is off", "failed")
    assert told(*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0), failing, at_s=5)[2] == "serving"


def test_what_a_bare_auto_passes_over_is_to_be_named() -> None:
    shown = told(*started(device="AUTO", execution=["CPU"]))
    assert shown == ("CPU", "AUTO by itself leaves out GPU; use AUTO:GPU,CPU", "serving")
    three = {**BOTH, "NPU": "Test NPU"}
    shown = told(*started(device="AUTO", execution=["CPU"], available=three))
    assert shown[1] == "AUTO by itself leaves out GPU and NPU; use AUTO:GPU,NPU,CPU"
    failed = told(*started(device="AUTO", execution=["CPU"]), news("failed", reason="no memory"))
    assert failed == ("CPU", "GPU failed to compile: no memory", "failed")


@pytest.mark.parametrize("execution", ["CPU", "(CPU)"])
def test_that_a_named_device_is_not_there_says_more_than_its_failed_compile(execution: str) -> None:
    npu = started(device="AUTO:NPU,CPU", execution=[execution], available=ONLY_CPU)
    shown = told(*npu, news("failed", "NPU", "VCL compiler loading failed"))
    assert shown == (execution, "no NPU on this machine", "failed")


def test_of_several_named_one_that_is_there_is_compiled_for_and_its_failure_told() -> None:
    shown = told(*started(device="AUTO:NPU,GPU,CPU", execution=["CPU"]), news("failed", "GPU", "no memory"))
    assert shown == ("CPU", "GPU failed to compile: no memory", "failed")


def test_several_at_once_are_ambiguous() -> None:
    settings = Settings(device="AUTO:GPU,CPU", hint="cumulative_throughput")
    shown = told(*started(settings, execution=["GPU.0", "CPU"]))
    assert shown == ("one of GPU.0, CPU", "cumulative", "ambiguous")
    shown = told(*started(device="MULTI:GPU,CPU", execution=["GPU.0", "CPU"]))
    assert shown == ("one of GPU.0, CPU", "MULTI:GPU,CPU", "ambiguous")


def test_a_dead_engine_serves_nothing() -> None:
    died = EngineExited(t_ns=75 * SECOND, engine=1, expected=False, code=-9, signal="SIGKILL")
    assert told(*started(), died) == ("–", "the engine died of SIGKILL, 01:15", "died")
    crashed = EngineExited(t_ns=75 * SECOND, engine=1, expected=False, code=3)
    assert told(*started(), crashed)[1] == "the engine died of exit code 3, 01:15"


def test_after_a_death_the_new_engine_is_what_counts() -> None:
    died = EngineExited(t_ns=75 * SECOND, engine=1, expected=False, code=-9, signal="SIGKILL")
    events = [*started(), died, spawned(2, t_s=80.0)]
    assert told(*events, at_s=80.5) == ("–", "reading the model, 0.5 s", "starting")
    events += [model_read(2), compiled(2, t_s=81.0), segment(2, engine=2, t_s=81.1)]
    assert told(*events, at_s=82.0)[2] == "standing-in"


def test_an_engine_that_cannot_start_gives_its_reason() -> None:
    failed = EngineFailed(t_ns=SECOND, engine=1, reason="model.xml: no such file")
    assert told(began(), spawned(), failed) == ("–", "model.xml: no such file", "failed")


def test_a_second_engine_that_compiles_does_not_change_who_serves() -> None:
    events = [*started(), device_changed(["(CPU)"], ["GPU.0"], 4.0), spawned(2, t_s=20.0)]
    assert told(*events, at_s=21.0) == ("GPU.0", "(CPU) stood in 3.61 s", "serving")


def test_what_may_have_served_where_nothing_tells() -> None:
    """On either side of the nearest change of device, or all that share the work."""
    story = SessionState()
    to_gpu, back = device_changed(["(CPU)"], ["GPU.0"], t_s=3), device_changed(["GPU.0"], ["CPU"], t_s=9)
    for event in [*started(), to_gpu, back]:
        story.fold(event)
    assert possible_devices(story, 1, 3 * SECOND) == ["(CPU)", "GPU.0"]
    assert possible_devices(story, 1, 8 * SECOND) == ["GPU.0", "CPU"]
    assert possible_devices(story, 7, SECOND) == []
    shared = SessionState()
    for event in started(device="MULTI:GPU,CPU", execution=["GPU.0", "CPU"]):
        shared.fold(event)
    assert possible_devices(shared, 1, SECOND) == ["GPU.0", "CPU"]
