"""Which device serves now, and what is to be said about it: the device indicator, as words and a state.

A stand-in that waits for its accelerator and one that stays because the accelerator's compile failed look the same
to OpenVINO, `['(CPU)']`; only AUTO's log (AcceleratorChanged) tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ovtui.metrics import number_format
from ovtui.metrics.session.session_state import STAND_IN_DEVICES, EngineState, SessionState
from ovtui.records.events import REQUESTS_FAIL, DeviceChanged
from ovtui.settings.device_names import candidates, kind_of, virtual_of
from ovtui.settings.schema.settings import Settings

IndicatorState = Literal["none", "starting", "standing-in", "serving", "failed", "only", "ambiguous", "died"]
HANDOVER_SHOWN_NS = 10_000_000_000
"""How long a handover is told in full."""
ONLY_DEVICE_TEXT = "the only device on this machine"


@dataclass(frozen=True, slots=True)
class DeviceIndicator:
    device: str
    """'GPU.0', 'CPU', 'one of GPU.0, CPU'; '–' where none serves."""
    sentence: str
    """What stands beside it, without parentheses; may be empty."""
    state: IndicatorState


def possible_devices(story: SessionState, segment: int, done_ns: int) -> list[str]:
    """The devices of which one served a request that nothing tells more of: those that share the work, or those on
    either side of the change of device that it fell into."""
    began = next((began for began in reversed(story.segments) if began.segment == segment), None)
    engine = story.engines.get(began.engine) if began is not None else None
    if engine is None or len(engine.devices) > 1 or not engine.device_changes:
        return list(engine.devices) if engine is not None else []
    change = min(engine.device_changes, key=lambda change: abs(change.t_ns - done_ns))
    return list(dict.fromkeys([*change.before, *change.after]))


def device_indicator(story: SessionState, now_ns: int, worst_ms: float | None = None) -> DeviceIndicator:
    """`worst_ms`: the longest response at the newest change of the serving engine's device, where it is to be told."""
    if story.phase == "died":
        return DeviceIndicator(number_format.UNKNOWN, _death_text(story), "died")
    if story.phase == "failed":
        return DeviceIndicator(number_format.UNKNOWN, story.failure, "failed")
    # After a restart the story still knows the dead engine as the one that served.
    starting = story.engines.get(story.compiling) if story.phase == "starting" else None
    engine = starting or story.engine
    if engine is None:
        return DeviceIndicator(number_format.UNKNOWN, "no engine", "none")
    if engine.compiled is None:
        return DeviceIndicator(number_format.UNKNOWN, _starting_text(engine, now_ns), "starting")
    if len(engine.devices) > 1:
        way = "cumulative" if engine.settings.hint == "cumulative_throughput" else engine.compiled.device
        return DeviceIndicator(f"one of {', '.join(engine.devices)}", way, "ambiguous")
    if engine.devices == STAND_IN_DEVICES:
        return _standing_in(engine, now_ns)
    if engine.devices == ["CPU"]:
        return _on_cpu(engine)
    return _on_device(story, engine, now_ns, worst_ms)


def _standing_in(engine: EngineState, now_ns: int) -> DeviceIndicator:
    news, name = engine.accelerator, accelerator_of(engine)
    # AUTO:NPU,CPU without an NPU stays with the stand-in for good.
    missing = _missing_text(engine)
    if missing:
        return DeviceIndicator("CPU", missing, "failed")
    if news is not None and news.state == "failed":
        return DeviceIndicator("CPU", compile_failure_text(name, news.reason), "failed")
    if news is not None and news.state == "compiled":
        return DeviceIndicator("CPU", f"standing in; {name} compiled, about to take over", "standing-in")
    since_s = max(now_ns - engine.compile_began_ns, 0) / 1e9
    return DeviceIndicator("CPU", f"standing in; {name} compiling, {since_s:.1f} s", "standing-in")


def _on_cpu(engine: EngineState) -> DeviceIndicator:
    news, change, missing = engine.accelerator, _last_change(engine), _missing_text(engine)
    if change is not None and not _is_cpu(change.before):
        when = number_format.elapsed(change.t_ns / 1e9)
        return DeviceIndicator("CPU", f"{_names(change.before)} failed while running, {when}", "failed")
    if missing:
        return DeviceIndicator("CPU", missing, "failed")
    if news is not None and news.state == "failed":
        return DeviceIndicator("CPU", compile_failure_text(accelerator_of(engine), news.reason), "failed")
    if change is not None:
        return DeviceIndicator("CPU", compile_failure_text(accelerator_of(engine), ""), "failed")
    if engine.model is not None and len(engine.model.available) == 1:
        return DeviceIndicator("CPU", ONLY_DEVICE_TEXT, "only")
    return DeviceIndicator("CPU", left_out_by_auto_text(engine) or _fallback_text(engine), "serving")


def _on_device(story: SessionState, engine: EngineState, now_ns: int, worst_ms: float | None) -> DeviceIndicator:
    device = _names(engine.devices) or number_format.UNKNOWN
    change = _last_change(engine)
    if requests_fail(story, engine):
        # Where the fallback is off nothing else tells of the device's failure.
        return DeviceIndicator(device, "requests fail; runtime fallback is off", "failed")
    if change is not None and change.before == STAND_IN_DEVICES:
        took_s = change.since_compile_ms / 1e3
        decimals = number_format.decimals_for(worst_ms)
        worst = "" if worst_ms is None else f", worst at the switch {number_format.milliseconds(worst_ms, decimals)} ms"
        if now_ns - change.t_ns <= HANDOVER_SHOWN_NS:
            return DeviceIndicator(device, f"handover after {took_s:.2f} s{worst}", "serving")
        return DeviceIndicator(device, _with_fallback_note(engine, f"CPU stood in {took_s:.1f} s{worst}"), "serving")
    if change is not None:
        return DeviceIndicator(
            device, f"{_names(change.before)} until {number_format.elapsed(change.t_ns / 1e9)}", "serving"
        )
    if engine.model is not None and len(engine.model.available) == 1:
        return DeviceIndicator(device, ONLY_DEVICE_TEXT, "only")
    if virtual_of(_compiled_for(engine)) == "AUTO":
        return DeviceIndicator(device, _with_fallback_note(engine, no_stand_in_text(engine)), "serving")
    return DeviceIndicator(device, _fallback_text(engine), "serving")


def _starting_text(engine: EngineState, now_ns: int) -> str:
    since_s = max(now_ns - engine.spawned_ns, 0) / 1e9
    what = "reading the model" if engine.model is None else f"compiling for {engine.settings.device}"
    return f"{what}, {since_s:.1f} s"


def _death_text(story: SessionState) -> str:
    died = story.died
    if died is None:
        return "the engine died"
    cause = died.signal or f"exit code {died.code}"
    return f"the engine died of {cause}, {number_format.elapsed(died.t_ns / 1e9)}"


def compile_failure_text(name: str, reason: str) -> str:
    return f"{name} failed to compile: {reason}" if reason else f"{name} failed to compile"


def no_stand_in_text(engine: EngineState) -> str:
    """Why AUTO began on the accelerator itself."""
    settings = engine.settings
    if _is_off(settings, "ENABLE_STARTUP_FALLBACK"):
        return "startup fallback is off, no stand-in"
    # With a cache, AUTO lets the CPU stand in only where the accelerator's blob is not in it.
    cached = settings.cache_dir or settings.properties.get("CACHE_DIR")
    return "from cache, no stand-in" if cached else "no stand-in"


def left_out_by_auto_text(engine: EngineState) -> str:
    """What a bare AUTO leaves out of itself although the machine has it: an NPU, a GPU that is not Intel's."""
    if _compiled_for(engine).strip().upper() != "AUTO" or engine.model is None or engine.accelerator is not None:
        return ""
    left_out = [name for name in engine.model.available if not name.startswith("CPU")]
    if not left_out:
        return ""
    names = " and ".join(left_out)
    return f"AUTO by itself passes over {names}; name it: AUTO:{','.join([*left_out, 'CPU'])}"


def requests_fail(story: SessionState, engine: EngineState) -> bool:
    """Whether the engine's requests have failed with nothing to fall back on."""
    return _is_off(engine.settings, "ENABLE_RUNTIME_FALLBACK") and any(
        note.engine == engine.number and note.text.startswith(REQUESTS_FAIL) for note in story.notes
    )


def _with_fallback_note(engine: EngineState, sentence: str) -> str:
    off = _is_off(engine.settings, "ENABLE_RUNTIME_FALLBACK")
    return f"{sentence}; runtime fallback is off" if off else sentence


def _is_off(settings: Settings, key: str) -> bool:
    return settings.properties.get(key, "").strip().upper() in ("NO", "FALSE", "0")


def _missing_text(engine: EngineState) -> str:
    """What was named beside the CPU and is not there, where that is all; empty otherwise."""
    if engine.model is None or virtual_of(_compiled_for(engine)) != "AUTO":
        return ""
    wanted = [name for name in candidates(_compiled_for(engine), []) if kind_of(name) != "CPU"]
    if not wanted or any(_is_present(name, engine.model.available) for name in wanted):
        return ""
    return f"no {' and no '.join(wanted)} on this machine"


def _fallback_text(engine: EngineState) -> str:
    """Says so where a fallback runs and not the device that was asked for."""
    requested = engine.settings.device
    return "" if _compiled_for(engine) == requested else f"instead of {requested}"


def _compiled_for(engine: EngineState) -> str:
    return engine.compiled.device if engine.compiled is not None else engine.settings.device


def accelerator_of(engine: EngineState) -> str:
    """The name of what the CPU stands in for, as far as it is known."""
    if engine.accelerator is not None:
        return engine.accelerator.device
    wanted = _named_accelerators(engine)
    found = engine.model.available if engine.model is not None else {}
    return next((name for name in wanted if _is_present(name, found)), wanted[0] if wanted else "accelerator")


def _named_accelerators(engine: EngineState) -> list[str]:
    """The devices other than the CPU that the device string names, or that the machine has where it names none."""
    found = engine.model.available if engine.model is not None else {}
    return [name for name in candidates(_compiled_for(engine), found) if kind_of(name) != "CPU"]


def _is_present(name: str, available: dict[str, str]) -> bool:
    """Whether a machine has a device; its only GPU is called GPU by OpenVINO, and may be named GPU.0."""
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


def _names(devices: list[str]) -> str:
    return ", ".join(devices)
