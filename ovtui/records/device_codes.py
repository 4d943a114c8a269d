"""Device names as one-byte codes. They are the same in every engine and file, so records need no table of names."""

from __future__ import annotations

import re
from collections.abc import Sequence

UNKNOWN = 0
AMBIGUOUS = 255
"""One of several devices: the two readings of EXECUTION_DEVICES differed, or it lists all candidates (cumulative,
MULTI)."""
CPU = 0x10
STAND_IN = 0x11
"""The CPU that serves for AUTO while the accelerator compiles."""
STAND_IN_NAME = "(CPU)"
"""OpenVINO's name of the stand-in in EXECUTION_DEVICES, used on every surface."""
_KINDS = {"GPU": 0x20, "NPU": 0x40}
_CODES_PER_KIND = 0x20
_OTHER = 0x60
_DEVICE_PATTERN = re.compile(r"([A-Z]+)(?:\.(\d+))?")


def code_of(execution_devices: Sequence[str]) -> int:
    """The code for the value of EXECUTION_DEVICES."""
    if len(execution_devices) != 1:
        return AMBIGUOUS if execution_devices else UNKNOWN
    name = execution_devices[0]
    if name == STAND_IN_NAME:
        return STAND_IN
    if name == "CPU":
        return CPU
    found = _DEVICE_PATTERN.fullmatch(name)
    if found is None or found[1] not in _KINDS:
        return _OTHER
    return _KINDS[found[1]] + min(int(found[2] or 0), _CODES_PER_KIND - 1)


def name_of(code: int) -> str:
    """The device name of a code, for tables and exports; 'one of' for AMBIGUOUS, '–' for an unknown code."""
    fixed = {UNKNOWN: "–", AMBIGUOUS: "one of", CPU: "CPU", STAND_IN: STAND_IN_NAME, _OTHER: "other"}
    if code in fixed:
        return fixed[code]
    for kind, base in _KINDS.items():
        if base <= code < base + _CODES_PER_KIND:
            return f"{kind}.{code - base}"
    return "–"
