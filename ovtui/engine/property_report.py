"""The properties of the devices and of the compiled model as text, and notes on set properties that have no effect."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

import openvino as ov

from ovtui.records.clock import now_ns
from ovtui.records.events import CompiledProperties, DeviceProperties
from ovtui.settings.device_names import VIRTUAL, candidates, matches_device, virtual_of
from ovtui.settings.openvino_properties.catalogue import nearest_property, split_key
from ovtui.settings.openvino_properties.old_keys import successor_hint
from ovtui.settings.openvino_properties.reported import ReportedProperty
from ovtui.settings.schema.settings import Settings

_NEVER_READ = frozenset(
    (
        "SUPPORTED_PROPERTIES", "MODEL_PTR", "CACHE_ENCRYPTION_CALLBACKS", "COMPATIBILITY_CHECK", "DEVICE_PROPERTIES",
        # These mean nothing without a model; MAX_BATCH_SIZE takes 2.6 ms besides.
        "OPTIMAL_BATCH_SIZE", "MAX_BATCH_SIZE",
        # These change all the time.
        "GPU_MEMORY_STATISTICS", "NPU_DEVICE_ALLOC_MEM_SIZE", "DEVICE_THERMAL",
    )
)  # fmt: skip
_CORE_PROPERTIES = frozenset(
    (
        "ALLOW_AUTO_BATCHING", "AUTO_BATCH_TIMEOUT", "CACHE_DIR", "CACHE_MODE", "ENABLE_MMAP", "ENABLE_WEIGHTLESS",
        "FORCE_TBB_TERMINATE", "WEIGHTS_PATH",
    )
)  # fmt: skip
"""OpenVINO's core accepts these for any device; no device lists them all."""
_LOG_LEVELS = {"NO": "LOG_NONE", "ERR": "LOG_ERROR"}
_MAX_TEXT_CHARS = 300

Publish = Callable[[DeviceProperties | CompiledProperties], None]


class PropertyReporter:
    """Publishes the properties of every device and of the compiled model, on a thread of its own: 1.6 ms of CPU, 2.3 ms
    with a GPU, and nothing waits for it. Started after the first inference, which it must not delay."""

    def __init__(
        self, core: ov.Core, compiled: ov.CompiledModel, device: str, available: Mapping[str, str],
        engine: int, origin_ns: int, publish: Publish,
    ) -> None:  # fmt: skip
        self._core = core
        self._compiled = compiled
        self._device = device
        self._devices = [*available, *VIRTUAL]
        self._engine = engine
        self._origin_ns = origin_ns
        self._publish = publish
        self._started = False

    def start(self) -> None:
        self._started = True
        threading.Thread(target=self._run, name="properties", daemon=True).start()

    def report_compiled_again(self) -> None:
        """Publishes the compiled model's properties again: another device serves now, and they are its. Does nothing
        before `start`. Callable from any thread."""
        if not self._started:
            return
        threading.Thread(target=self._publish_compiled, name="properties", daemon=True).start()

    def _run(self) -> None:
        for name in self._devices:
            properties = device_properties(self._core, name)
            self._publish(
                DeviceProperties(
                    t_ns=now_ns() - self._origin_ns, engine=self._engine, device=name, properties=properties
                )
            )
        self._publish_compiled()

    def _publish_compiled(self) -> None:
        for name, values in compiled_properties(self._compiled, self._device).items():
            self._publish(
                CompiledProperties(t_ns=now_ns() - self._origin_ns, engine=self._engine, device=name, values=values)
            )


def device_properties(core: ov.Core, device: str) -> list[ReportedProperty]:
    """A device's properties with their values; empty where the device cannot be queried."""
    return [_read_property(core, device, name, access) for name, access in _supported(core, device).items()]


def compiled_properties(compiled: ov.CompiledModel, device: str) -> dict[str, dict[str, str]]:
    """The compiled model's properties as text, by device and name. The model's own are listed under the device string
    that it was compiled for; those of the devices inside a virtual device, and of a GPU that batches implicitly, under
    the inner device's name."""
    own: dict[str, str] = {}
    for name in compiled.get_property("SUPPORTED_PROPERTIES"):
        if name not in _NEVER_READ:
            with contextlib.suppress(RuntimeError, TypeError):
                own[name] = property_text(compiled.get_property(name))
    found = {device: own}
    with contextlib.suppress(RuntimeError, TypeError):  # a single device has none
        for inner, values in compiled.get_property("DEVICE_PROPERTIES").items():
            texts = {name: property_text(value) for name, value in values.items() if name not in _NEVER_READ}
            found[inner] = {**found.get(inner, {}), **texts}
    return found


def ignored_property_notes(core: ov.Core, settings: Settings, device: str, available: Mapping[str, str]) -> list[str]:
    """A sentence for each property that was set and has no effect. A device that is named directly, or under BATCH,
    refuses an unknown property; AUTO, MULTI and HETERO pass it on to their devices and silently drop it where none
    knows it."""
    if not settings.properties:
        return []
    virtual = virtual_of(device)
    inner_devices = candidates(device, available)
    settable = {name: _settable(core, name) for name in inner_devices}
    own = _settable(core, virtual) if virtual else set()
    return [
        sentence
        for key in settings.properties
        if (sentence := _why_ignored(*split_key(key), device, virtual, own, settable))
    ]


def misspelling_hint(core: ov.Core, settings: Settings, device: str, available: Mapping[str, str], reason: str) -> str:
    """A suffix for `reason`, a device's refusal of a property that was set: its successor where it is an old key,
    ', did you mean NAME?' where it looks like a misspelling of NAME, else empty."""
    for key in settings.properties:
        name = split_key(key)[1]
        settable = {each: _settable(core, each) for each in candidates(device, available)}
        if name in reason and not any(name in names for names in settable.values()):
            return _meant(name, settable)
    return ""


def _why_ignored(
    head: str, name: str, device: str, virtual: str, own: set[str], settable: Mapping[str, set[str]]
) -> str:
    if head:
        targets = [candidate for candidate in settable if matches_device(head, candidate)]
        if not targets:
            return f"{head}.{name} has no effect: nothing runs on {head} with device {device}{successor_hint(name)}"
        if virtual in ("", "BATCH") or any(name in settable[candidate] for candidate in targets):
            return ""
        return f"{virtual} ignores {head}.{name}: {targets[0]} has no such property{_meant(name, settable)}"
    if (
        virtual in ("", "BATCH")
        or name in own
        or name in _CORE_PROPERTIES
        or any(name in names for names in settable.values())
    ):
        return ""
    suggestion = _meant(name, settable)
    return f"{virtual} ignores {name}: neither it nor {' nor '.join(settable)} has such a property{suggestion}"


def _meant(name: str, settable: Mapping[str, set[str]]) -> str:
    listed = tuple({each for names in settable.values() for each in names})
    near = nearest_property(name, listed)
    return successor_hint(name, listed) or (f", did you mean {near}?" if near and near != name else "")


def property_text(value: Any, most: int = _MAX_TEXT_CHARS) -> str:
    """A property's value as the text that would set it, cut off after `most` characters."""
    if isinstance(value, bool):
        return "YES" if value else "NO"
    if isinstance(value, ov.Type):
        return str(value.get_type_name())
    if isinstance(value, Mapping):
        text = ", ".join(f"{property_text(key, most)}: {property_text(inner, most)}" for key, inner in value.items())
    elif isinstance(value, (list, tuple, set, frozenset)):
        text = ", ".join(property_text(inner, most) for inner in value)
    elif enum_members(value):
        return _enum_member_name(value)
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= most else f"{text[:most]}…"


def _read_property(core: ov.Core, device: str, name: str, access: Any) -> ReportedProperty:
    if access not in ("RW", "RO", "WO"):
        access = "RO"
    if name in _NEVER_READ:
        return ReportedProperty(name, access)
    try:
        value = core.get_property(device, name)
    except (RuntimeError, TypeError):
        return ReportedProperty(name, access)
    kind = type(value).__name__ if isinstance(value, (bool, int, float)) else "text"
    return ReportedProperty(name, access, property_text(value), kind, enum_members(value))  # type: ignore[arg-type]


def _supported(core: ov.Core, device: str) -> dict[str, str]:
    try:
        return dict(core.get_property(device, "SUPPORTED_PROPERTIES"))
    except (RuntimeError, TypeError):
        return {}


def _settable(core: ov.Core, device: str) -> set[str]:
    return {name for name, access in _supported(core, device).items() if access != "RO"}


def enum_members(value: Any) -> list[str]:
    """The member names of an enumeration's value; empty for any other value."""
    members = getattr(type(value), "__members__", None)
    if not isinstance(members, Mapping) or isinstance(value, ov.Type):
        return []
    if type(value).__name__ == "Level":
        return [_LOG_LEVELS.get(name, f"LOG_{name}") for name in members]
    return [str(name) for name in members]


def _enum_member_name(value: Any) -> str:
    name = getattr(value, "name", "???")
    if name == "???":  # not the value of any member: the device has not decided yet
        return ""
    return _LOG_LEVELS.get(name, f"LOG_{name}") if type(value).__name__ == "Level" else str(name)
