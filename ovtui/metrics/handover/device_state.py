"""The device indicator: which device serves now, in which state, and one sentence about it.

While the stand-in serves, EXECUTION_DEVICES is `['(CPU)']`, whether it still waits for the accelerator or stays because
the accelerator's compile failed. Only AUTO's log (AcceleratorChanged) distinguishes the two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import STAND_IN_DEVICES, EngineState, SessionState
from ovtui.metrics.session.standstill import session_standstill
from ovtui.records.events import REQUESTS_FAIL, DeviceChanged
from ovtui.records.study_events import LayersSpec
from ovtui.settings.device_names import (
    candidates,
    chooses_itself,
    kind_of,
    left_out_by_auto,
    left_out_text,
    virtual_of,
    why_cpu_alone,
)
from ovtui.settings.schema.settings import Settings

IndicatorState = Literal["none", "starting", "standing-in", "serving", "failed", "only", "ambiguous", "died"]
HANDOVER_SHOWN_NS = 10_000_000_000
"""How long after a handover the indicator gives its details."""
DOCTOR_COMMAND = "ovtui doctor"
"""In a sentence on a device that is missing."""
ONLY_DEVICE_TEXT = "the only device on this machine"
ENGINE_DIED = "the engine died"
"""How the sentence on a dead engine begins."""
DEMO = "ovtui demo"
DEMO_TEXT = f"{DEMO} replays a handover"
"""Behind the first notice of a machine that has nothing to hand over to."""
FIRST_NOTICE_NS = 15_000_000_000
"""How long from the start of the session the dashboard shows it."""


@dataclass(frozen=True, slots=True)
class DeviceIndicator:
    device: str
    """'GPU.0', 'CPU', '(CPU)' while it stands in, 'one of GPU.0, CPU'; '–' if no device serves."""
    sentence: str
    """What is shown beside the device; may be empty."""
    state: IndicatorState
    asks_doctor: bool = False
    """A device is missing or has failed, and `ovtui doctor` may tell why."""
    lacks_accelerator: bool = False
    """The CPU serves, though another device was allowed: this machine has none of those."""


def possible_devices(session_state: SessionState, segment: int, done_ns: int) -> list[str]:
    """The devices that may have served an ambiguous request of `segment` which completed at `done_ns`: the devices that
    share the load, or those before and after the nearest change of device."""
    began = next((began for began in reversed(session_state.segments) if began.segment == segment), None)
    engine = session_state.engines.get(began.engine) if began is not None else None
    if engine is None or len(engine.devices) > 1 or not engine.device_changes:
        return list(engine.devices) if engine is not None else []
    change = min(engine.device_changes, key=lambda change: abs(change.t_ns - done_ns))
    return list(dict.fromkeys([*change.before, *change.after]))


def device_indicator(
    session_state: SessionState, now_ns: int, worst_ms: float | None = None, *, replayed: bool = False
) -> DeviceIndicator:
    """The indicator at `now_ns`. `worst_ms`: the longest response at the newest change of the serving engine's device,
    if it is to be shown. `replayed`: of a recording."""
    if session_state.phase == "died":
        return DeviceIndicator(number_format.UNKNOWN, _death_text(session_state), "died")
    if session_state.phase == "failed":
        asks = DOCTOR_COMMAND in session_state.failure
        return DeviceIndicator(number_format.UNKNOWN, session_state.failure, "failed", asks)
    # After a restart `session_state.engine` is still the dead engine, until the new one serves.
    starting = session_state.engines.get(session_state.compiling) if session_state.phase == "starting" else None
    engine = starting or session_state.engine
    if engine is None:
        # Before the session's first event nothing is known, also not that it has no engine.
        return DeviceIndicator(number_format.UNKNOWN, "no engine" if session_state.session is not None else "", "none")
    if engine.compiled is None and session_state.stalled is not None:
        text = session_standstill(session_state, now_ns, replayed=replayed)
        return DeviceIndicator(number_format.UNKNOWN, text, "failed")
    if engine.compiled is None:
        return DeviceIndicator(number_format.UNKNOWN, _starting_text(engine, now_ns), "starting")
    if session_state.stalled is not None:
        text = session_standstill(session_state, now_ns, replayed=replayed)
        return DeviceIndicator(_join(engine.devices) or number_format.UNKNOWN, text, "failed")
    if (paused := session_state.disturbances.paused) is not None and session_state.phase == "serving":
        left_s = number_format.run_length(max(paused.until_ns - now_ns, 0) / 1e9)
        text = f"the load pauses, {left_s} more: the idle machine is measured"
        return DeviceIndicator(_join(engine.devices), text, "serving")
    if session_state.resting is not None and session_state.phase == "serving":
        # Short: beside it stands that an engine compiles.
        why = "between two turns" if session_state.study is not None else "the study is over"
        if session_state.study is not None and isinstance(session_state.study.began.spec, LayersSpec):
            why = "it rests while the layers are profiled"
        return DeviceIndicator(_join(engine.devices), f"no load: {why}", "serving")
    if len(engine.devices) > 1:
        sentence = "cumulative" if engine.settings.hint == "cumulative_throughput" else engine.compiled.device
        return DeviceIndicator(f"one of {_join(engine.devices)}", sentence, "ambiguous")
    if engine.devices == STAND_IN_DEVICES:
        return _standing_in(engine, now_ns)
    if engine.devices == ["CPU"]:
        return _on_cpu(engine)
    return _on_device(session_state, engine, now_ns, worst_ms)


def _standing_in(engine: EngineState, now_ns: int) -> DeviceIndicator:
    stand_in, accelerator, name = _join(STAND_IN_DEVICES), engine.accelerator, accelerator_of(engine)
    # Without an accelerator to wait for, the CPU no longer stands in, whatever EXECUTION_DEVICES still reports.
    missing = _missing_text(engine)
    if missing:
        return DeviceIndicator("CPU", missing, "failed", True, True)
    if accelerator is not None and accelerator.state == "failed":
        return DeviceIndicator("CPU", compile_failure_text(name, accelerator.reason), "failed", True)
    if accelerator is not None and accelerator.state == "compiled":
        return DeviceIndicator(stand_in, f"standing in; {name} compiled, about to take over", "standing-in")
    since_s = number_format.running_for(engine.compile_began_ns, now_ns)
    return DeviceIndicator(stand_in, f"standing in; {name} compiling, {since_s}", "standing-in")


def _on_cpu(engine: EngineState) -> DeviceIndicator:
    accelerator, change, missing = engine.accelerator, _last_change(engine), _missing_text(engine)
    if change is not None and not _is_cpu(change.before):
        when = number_format.elapsed(change.t_ns / 1e9)
        return DeviceIndicator("CPU", f"{_join(change.before)} failed while running, {when}", "failed", True)
    if missing:
        return DeviceIndicator("CPU", missing, "failed", True, True)
    if accelerator is not None and accelerator.state == "failed":
        return DeviceIndicator("CPU", compile_failure_text(accelerator_of(engine), accelerator.reason), "failed", True)
    if change is not None:
        return DeviceIndicator("CPU", compile_failure_text(accelerator_of(engine), ""), "failed", True)
    if engine.model is not None and len(engine.model.available) == 1:
        return DeviceIndicator("CPU", ONLY_DEVICE_TEXT, "only", True, kind_of(engine.settings.device) != "CPU")
    sentence = left_out_by_auto_text(engine) or _cpu_alone_text(engine) or _fallback_text(engine)
    return DeviceIndicator("CPU", sentence, "serving", bool(_fallback_text(engine)))


def _on_device(
    session_state: SessionState, engine: EngineState, now_ns: int, worst_ms: float | None
) -> DeviceIndicator:
    device = _join(engine.devices) or number_format.UNKNOWN
    change = _last_change(engine)
    if requests_fail(session_state, engine):
        # With the fallback off, failing requests are the only sign of the device's failure.
        return DeviceIndicator(device, "requests fail; runtime fallback is off", "failed")
    if change is not None and change.before == STAND_IN_DEVICES:
        took = number_format.seconds(change.since_compile_ms / 1e3)
        worst = "" if worst_ms is None else f", worst at the switch {number_format.milliseconds(worst_ms)} ms"
        if now_ns - change.t_ns <= HANDOVER_SHOWN_NS:
            return DeviceIndicator(device, f"handover after {took}{worst}", "serving")
        sentence = f"{_join(STAND_IN_DEVICES)} stood in {took}{worst}"
        return DeviceIndicator(device, _with_fallback_note(engine, sentence), "serving")
    if change is not None:
        when = number_format.elapsed(change.t_ns / 1e9)
        return DeviceIndicator(device, f"{_join(change.before)} until {when}", "serving")
    if engine.model is not None and len(engine.model.available) == 1:
        return DeviceIndicator(device, ONLY_DEVICE_TEXT, "only")
    if virtual_of(_compiled_for(engine)) == "AUTO":
        return DeviceIndicator(device, _with_fallback_note(engine, no_stand_in_text(engine)), "serving")
    return DeviceIndicator(device, _fallback_text(engine), "serving")


def _starting_text(engine: EngineState, now_ns: int) -> str:
    accelerator = engine.accelerator
    if accelerator is not None and accelerator.state == "compiling":  # AUTO without a stand-in
        took = number_format.running_for(accelerator.t_ns, now_ns)
        return f"{accelerator.device} compiling, {took} (AUTO's log)"
    since_s = number_format.running_for(engine.spawned_ns, now_ns)
    step = "reading the model" if engine.model is None else f"compiling for {engine.settings.device}"
    return f"{step}, {since_s}"


def _death_text(session_state: SessionState) -> str:
    died = session_state.died
    if died is None:
        return ENGINE_DIED
    cause = died.signal or f"exit code {died.code}"
    return f"{ENGINE_DIED} of {cause}, {number_format.elapsed(died.t_ns / 1e9)}"


def compile_failure_text(name: str, reason: str) -> str:
    return f"{name} failed to compile: {reason}" if reason else f"{name} failed to compile"


def no_stand_in_text(engine: EngineState) -> str:
    """Why AUTO started on the accelerator itself."""
    settings = engine.settings
    if _is_off(settings, "ENABLE_STARTUP_FALLBACK"):
        return "startup fallback is off, no stand-in"
    # With a cache, AUTO uses a stand-in only if the accelerator's blob is not in the cache.
    cached = settings.cache_dir or settings.properties.get("CACHE_DIR")
    return "from cache, no stand-in" if cached else "no stand-in"


def left_out_by_auto_text(engine: EngineState) -> str:
    """The devices of the machine that a bare AUTO leaves out, with the device string that includes them; empty if there
    are none."""
    if engine.model is None or engine.accelerator is not None:
        return ""
    left_out = left_out_by_auto(_compiled_for(engine), engine.model.available)
    return left_out_text(_compiled_for(engine), dict.fromkeys(left_out, "")) if left_out else ""


def _cpu_alone_text(engine: EngineState) -> str:
    """'AUTO:-GPU excludes GPU' where the device string leaves only the CPU; else empty."""
    return why_cpu_alone(_compiled_for(engine), engine.model.available) if engine.model is not None else ""


def requests_fail(session_state: SessionState, engine: EngineState) -> bool:
    """True if requests of the engine have failed and AUTO may not fall back."""
    return _is_off(engine.settings, "ENABLE_RUNTIME_FALLBACK") and any(
        note.engine == engine.number and note.text.startswith(REQUESTS_FAIL) for note in session_state.notes
    )


def _with_fallback_note(engine: EngineState, sentence: str) -> str:
    off = _is_off(engine.settings, "ENABLE_RUNTIME_FALLBACK")
    return f"{sentence}; runtime fallback is off" if off else sentence


def _is_off(settings: Settings, key: str) -> bool:
    return settings.properties.get(key, "").strip().upper() in ("NO", "FALSE", "0")


def _missing_text(engine: EngineState) -> str:
    """'no GPU on this machine' if it has none of the devices that AUTO was given beside the CPU; else empty."""
    if engine.model is None or virtual_of(_compiled_for(engine)) != "AUTO":
        return ""
    wanted = [name for name in candidates(_compiled_for(engine), []) if kind_of(name) != "CPU"]
    if not wanted or any(_is_present(name, engine.model.available) for name in wanted):
        return ""
    return f"no {' and no '.join(wanted)} on this machine"


def _fallback_text(engine: EngineState) -> str:
    """'instead of GPU' if a fallback runs and not the requested device; else empty."""
    requested = engine.settings.device
    return "" if _compiled_for(engine) == requested else f"instead of {requested}"


def _compiled_for(engine: EngineState) -> str:
    return engine.compiled.device if engine.compiled is not None else engine.settings.device


def accelerator_of(engine: EngineState) -> str:
    """The device that the CPU stands in for, as far as it is known."""
    if engine.accelerator is not None:
        return engine.accelerator.device
    wanted = _named_accelerators(engine)
    found = engine.model.available if engine.model is not None else {}
    return next((name for name in wanted if _is_present(name, found)), wanted[0] if wanted else "accelerator")


def _named_accelerators(engine: EngineState) -> list[str]:
    """The devices beside the CPU that the device string names, or, if it names none, those of the machine."""
    found = engine.model.available if engine.model is not None else {}
    return [name for name in candidates(_compiled_for(engine), found) if kind_of(name) != "CPU"]


def accelerator_kinds(session_state: SessionState) -> list[str]:
    """'GPU', 'NPU': the kinds of the devices beside the CPU on which the engine in force may run, or has run. An AUTO
    that chooses by itself considers no NPU."""
    engine = session_state.engine
    if engine is None:
        return []
    found = engine.model.available if engine.model is not None else None
    named = [name for name in _named_accelerators(engine) if found is None or _is_present(name, found)]
    kinds = [kind_of(name) for name in named]
    if chooses_itself(_compiled_for(engine)):
        kinds = [kind for kind in kinds if kind != "NPU"]
    seen = [*engine.devices, *(name for change in engine.device_changes for name in (*change.before, *change.after))]
    kinds += [kind_of(name.strip("()")) for name in seen]
    return [kind for kind in dict.fromkeys(kinds) if kind not in ("", "CPU")]


def _is_present(name: str, available: dict[str, str]) -> bool:
    """True if the machine has this device. OpenVINO calls the only GPU of a machine GPU, and accepts GPU.0 for it."""
    kind, _, number = name.partition(".")
    return (
        name in available
        or (kind in available and number in ("", "0"))
        or (not number and any(other.partition(".")[0] == kind for other in available))
    )


def _last_change(engine: EngineState) -> DeviceChanged | None:
    return engine.device_changes[-1] if engine.device_changes else None


def _is_cpu(devices: list[str]) -> bool:
    return devices in (STAND_IN_DEVICES, ["CPU"])


def _join(devices: list[str]) -> str:
    return ", ".join(devices)
