"""Which devices a rank is of, and on which its session begins."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.settings.device_names import kind_of


def devices_to_rank(here: Sequence[str]) -> list[str]:
    """`here`: what OpenVINO lists. AUTO comes last: it is what a program gets that names no device, and its first
    inference is the stand-in's; with one device it would have nothing to choose."""
    return [*here, *(["AUTO"] if len(here) > 1 else [])]


def starts_on(devices: Sequence[str]) -> list[str]:
    """The devices that the session may begin on, in the order in which they are tried: the CPU serves nearly every
    model, and at once."""
    return sorted(dict.fromkeys(["CPU", *devices]), key=lambda device: kind_of(device) != "CPU")
