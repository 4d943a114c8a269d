"""Reads the properties of one device in a process of its own: `python -m ovtui.engine.device_listing_child`, the
question as JSON on stdin, a line of JSON for each property on stdout (records/device_listing.py)."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

import msgspec
import openvino as ov

from ovtui.engine.devices import why_no_accelerator
from ovtui.engine.errors import reason_of
from ovtui.engine.named_devices import devices_of, full_name
from ovtui.engine.process_start import answer_pipe, ignore_interrupts
from ovtui.engine.property_report import enum_members, property_text
from ovtui.records.device_listing import (
    FoundDevices,
    ListedProperty,
    ListingEnds,
    ListingFailed,
    ListingQuestion,
    ListingStep,
    ListsProperties,
    ReadProperty,
    Settable,
    ValueType,
)
from ovtui.records.odd_names import from_json, to_json
from ovtui.records.parent_death import die_with_parent
from ovtui.settings.device_names import kind_of
from ovtui.settings.openvino_properties.catalogue import catalogue
from ovtui.settings.openvino_properties.property import Property, PropertyKind
from ovtui.settings.schema.field_spec import Effect

_OF_A_MODEL = ("OPTIMAL_BATCH_SIZE", "MAX_BATCH_SIZE")
_NOT_READ = {
    "SUPPORTED_PROPERTIES": "it is this list",
    **dict.fromkeys(_OF_A_MODEL, "it is of a model: ovtui inspect MODEL asks for OPTIMAL_BATCH_SIZE"),
}
_MAX_CHARS = 4000


def list_device(core: ov.Core, question: ListingQuestion, tell: Any) -> None:
    """Tells step after step. Raises RuntimeError, TypeError where not even the list can be read."""
    names = devices_of(core, question.device)
    version = ov.__version__
    if not names:
        kind = kind_of(question.device)
        here = devices_of(core, kind) if kind != question.device else []
        why = "" if here else why_no_accelerator(kind)
        tell(FoundDevices(names=[], full_name="", openvino=version, here=here, why=why))
        return
    device = names[0]
    tell(FoundDevices(names=names, full_name=full_name(core, device), openvino=version))
    supported = core.get_property(device, "SUPPORTED_PROPERTIES")
    wanted = {name: str(access) for name, access in supported.items() if not question.only or name in question.only}
    # AUTO and MULTI ask all devices for this one, of which each may crash: it comes last.
    names = sorted(wanted, key=lambda name: name == "OPTIMIZATION_CAPABILITIES")
    tell(ListsProperties(names=names))
    for name in names:
        tell(ReadProperty(listed=listed_property(core, device, name, wanted[name])))


def listed_property(core: ov.Core, device: str, name: str, access: str) -> ListedProperty:
    """One property with its value, or with the reason why it has none."""
    known = catalogue().get(name)
    value, why = _read(core, device, name, access, known)
    choices = enum_members(value) or (list(known.offered) if known is not None else [])
    text = None if why else property_text(value, _MAX_CHARS)
    if text == "" and enum_members(value):  # the value is none of its members
        text, why = None, "the device decides when it compiles"
    return ListedProperty(
        name=name,
        access=access if access in ("RW", "RO", "WO") else "RO",  # type: ignore[arg-type]
        settable=_settable(device, access, known),
        type=_type_of(value, known) if why != "the device decides when it compiles" else "choice",
        value=text,
        unread=why or None,
        choices=choices,
        unit=known.unit or None if known is not None else None,
        help=known.help if known is not None else None,
    )


def _read(core: ov.Core, device: str, name: str, access: str, known: Property | None) -> tuple[Any, str]:
    """The value, and why there is none, as a phrase."""
    if name in _NOT_READ:
        return None, _NOT_READ[name]
    if known is not None and known.kind is PropertyKind.OPAQUE:
        return None, "it cannot be written as text"
    if access == "WO":
        return None, "it can be set and not be read"
    try:
        value = core.get_property(device, name)
    except RuntimeError as error:
        return None, reason_of(error)
    except (TypeError, ValueError, UnicodeDecodeError):
        return None, "OpenVINO's Python does not hand it out"
    return (None, "the device has none") if value is None else (value, "")


def _settable(device: str, access: str, known: Property | None) -> Settable:
    if access == "RO":
        return "no"
    is_live = known is not None and known.effect is Effect.LIVE and kind_of(device) == "BATCH"
    return "live" if is_live else "compile"


_OF_KIND: dict[PropertyKind, ValueType] = {
    PropertyKind.BOOL: "bool", PropertyKind.INT: "int", PropertyKind.FLOAT: "float", PropertyKind.CHOICE: "choice",
    PropertyKind.TEXT: "text",
}  # fmt: skip


def _type_of(value: Any, known: Property | None) -> ValueType:
    if value is None:
        return _OF_KIND.get(known.kind, "unknown") if known is not None else "unknown"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float) and not enum_members(value):
        return "int" if isinstance(value, int) else "float"
    if isinstance(value, ov.Type):
        return "type"
    if enum_members(value):
        return "choice"
    if isinstance(value, Mapping):
        return "map"
    return "list" if isinstance(value, list | tuple | set | frozenset) else "text"


def main() -> None:
    question = from_json(msgspec.json.Decoder(ListingQuestion), sys.stdin.buffer.read())
    die_with_parent(question.parent_pid)
    ignore_interrupts()
    answer_fd = answer_pipe()

    def tell(step: ListingStep) -> None:
        os.write(answer_fd, to_json(step) + b"\n")

    try:
        list_device(ov.Core(), question, tell)
    except (RuntimeError, TypeError, ValueError) as error:
        tell(ListingFailed(reason_of(error)))
    tell(ListingEnds())
    # No teardown: it can block in OpenVINO.
    os._exit(0)


if __name__ == "__main__":
    main()
