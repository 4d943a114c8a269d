"""What `ovtui devices` asks: the properties of each device, each in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from ovtui import __version__
from ovtui.host.asked_devices import ToldOfDevice, ask_devices
from ovtui.records.device_listing import (
    VERSION,
    DeviceListing,
    DevicesReport,
    FoundDevices,
    ListingEnds,
    ListingFailed,
    ListingQuestion,
    ListingStep,
    ListsProperties,
    ReadProperty,
)
from ovtui.records.odd_names import to_json
from ovtui.settings.device_names import PHYSICAL, VIRTUAL, kind_of
from ovtui.settings.listing import joined

MODULE = "ovtui.engine.device_listing_child"
LIMIT_S = 4.0
BRIEF = (
    "FULL_DEVICE_NAME", "DEVICE_TYPE", "NPU_DRIVER_VERSION", "GPU_DEVICE_TOTAL_MEM_SIZE", "NPU_DEVICE_TOTAL_MEM_SIZE",
    "OPTIMIZATION_CAPABILITIES",
)  # fmt: skip
"""What one line of `ovtui devices --brief` is made of."""
_STEPS: msgspec.json.Decoder[ListingStep] = msgspec.json.Decoder(ListingStep)


def list_devices(devices: Sequence[str] = (), *, brief: bool = False, limit_s: float = LIMIT_S) -> DevicesReport:
    """Of the devices named, or of all. Blocks for `limit_s`, and a little more where the machine has several of a
    kind."""
    asked = list(dict.fromkeys(devices)) or [*PHYSICAL, *(() if brief else VIRTUAL)]

    def question(device: str) -> bytes:
        return to_json(ListingQuestion(device=device, only=list(BRIEF) if brief else [], parent_pid=os.getpid()))

    told = ask_devices(asked, MODULE, question, _STEPS, _names, limit_s)
    versions = [step.openvino for each in told.values() for step in each.steps if isinstance(step, FoundDevices)]
    return DevicesReport(
        schema=VERSION,
        ovtui=__version__,
        openvino=versions[0] if versions else None,
        devices=sorted((listing_of(name, each) for name, each in told.items()), key=lambda each: _place(each, asked)),
    )


def listing_of(device: str, told: ToldOfDevice[ListingStep]) -> DeviceListing:
    """What one process told of a device, and how far it came."""
    found = next((step for step in told.steps if isinstance(step, FoundDevices)), None)
    listed = next((step.names for step in told.steps if isinstance(step, ListsProperties)), [])
    properties = [step.listed for step in told.steps if isinstance(step, ReadProperty)]
    failed = next((step.why for step in told.steps if isinstance(step, ListingFailed)), "")
    why = failed
    if not any(isinstance(step, ListingEnds) for step in told.steps):
        why = told.answer.words if told.answer.ending != "answered" else "its process gave no answer that can be read"
        if told.answer.ending == "late":
            why += "; --time-limit gives it longer"
        if len(properties) < len(listed):
            missing = len(listed) - len(properties)
            number = "that one is" if missing == 1 else f"{missing} are"
            why += f"; it came as far as {listed[len(properties)]}, and {number} missing"
        if told.answer.ending in ("signal", "exit-code") and told.answer.last_line:
            why += f": {told.answer.last_line}"
    elif found is not None and not found.names:
        lacks = found.why.removeprefix(f"{kind_of(device)}: ") or "OpenVINO finds none"
        why = f"this machine has {joined(found.here)}" if found.here else lacks
    return DeviceListing(
        device=device,
        kind="virtual" if kind_of(device) in VIRTUAL else "physical",
        present=None if found is None else bool(found.names),
        full_name=found.full_name or None if found is not None else None,
        why=why or None,
        properties=properties,
    )


def _names(steps: Sequence[ListingStep]) -> list[str]:
    return next((step.names for step in steps if isinstance(step, FoundDevices)), [])


def _place(listing: DeviceListing, asked: Sequence[str]) -> tuple[int, str]:
    """As they were asked for, those of a kind by their names."""
    for at, name in enumerate(asked):
        if listing.device == name or listing.device.startswith(f"{name}."):
            return at, listing.device
    return len(asked), listing.device
