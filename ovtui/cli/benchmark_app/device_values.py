"""Values for each device, '2' or 'CPU:2,GPU:1', as -nstreams and -infer_precision take them."""

from __future__ import annotations

import click

from ovtui.settings.device_names import virtual_of
from ovtui.settings.listing import first_few
from ovtui.settings.shown_text import in_quotes


def devices_of(device: str) -> list[str]:
    """The virtual device and those behind it, as benchmark_app takes a device string apart: 'AUTO', 'GPU', 'CPU'."""
    head, _, rest = device.partition(":")
    names = [each.strip().removeprefix("-").partition("(")[0] for each in rest.split(",")]
    return [head, *(name for name in names if name)]


def value_by_device(flag: str, text: str, device: str) -> dict[str, str]:
    """The values by device; under '' the one for the device as a whole. Raises click.UsageError.

    Under MULTI a value without a device is that of each device, as there. AUTO and HETERO drop it there without a word;
    here it is refused."""
    devices = devices_of(device)
    found: dict[str, str] = {}
    for part in text.split(","):
        name, colon, value = part.strip().rpartition(":")
        if colon and name not in devices:
            raise click.UsageError(
                f"{flag} {text}: {name or 'the device'} is not in -d {device}, which has {first_few(devices, 6)}"
            )
        if not value:
            raise click.UsageError(f"{flag} {in_quotes(text)}: a value is missing; write 2 or CPU:2,GPU:1")
        found[name] = value
    if "" in found and len(found) > 1:
        raise click.UsageError(f"{flag} {text}: a value for each device, or one for all of them")
    virtual = virtual_of(device)
    if virtual not in ("AUTO", "MULTI", "HETERO"):
        return {"": next(iter(found.values()))}
    if "" in found and virtual == "MULTI" and len(devices) > 1:
        return dict.fromkeys(devices[1:], found[""])
    if "" in found or virtual in found:
        value = next(iter(found.values()))
        example = ",".join(f"{name}:{value}" for name in devices[1:] or ["CPU"])
        raise click.UsageError(
            f"{flag} {text}: {virtual} takes it by device alone (benchmark_app drops it); write {flag} {example}"
        )
    return found
