"""The sources of watts: the readings of power, and what they are called where a person reads them.

Each is a reading of `records.machine_readings`. They lie within each other: the CPU's packages hold an integrated GPU
and the NPU, a card holds its GPU, the whole system holds all. So they are never added up."""

from __future__ import annotations

SOURCE_NAMES = {
    "cpu_watts": "CPU packages",
    "dram_watts": "DRAM",
    "system_watts": "whole system",
    "gpu_watts": "GPU",
    "gpu_card_watts": "GPU card",
    "battery_watts": "battery",
}
"""In the order in which they are shown."""
WATTS = tuple(SOURCE_NAMES)


def key_of(name: str) -> str:
    """A source's key in the JSON: 'cpu' for 'cpu_watts'."""
    return name.removesuffix("_watts")
