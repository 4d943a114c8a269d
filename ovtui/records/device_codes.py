"""Device names as one byte, the same in every engine and file: no table has to travel with the records."""

from __future__ import annotations

import re
from collections.abc import Sequence

UNKNOWN = 0
AMBIGUOUS = 255
"""One of several: the two readings of EXECUTION_DEVICES differed, or it lists every candidate (cumulative, MULTI)."""
CPU = 0x10
STAND_IN = 0x11
"""AUTO's '(CPU)': the CPU serving while the accelerator compiles."""
_KINDS = {"GPU": 0x20, "NPU": 0x40}
_CODES_PER_KIND = 0x20
_OTHER = 0x60
_DEVICE_PATTERN = re.compile(r"([A-Z]+)(?:\.(\d+))?")


def code_of(execution_devices: Sequence[str]) -> int:
    """The code of what EXECUTION_DEVICES returned."""
    if len(execution_devices) != 1:
        return AMBIGUOUS if execution_devices else UNKNOWN
    name = execution_devices[0]
    if name == "(CPU)":
        return STAND_IN
    if name == "CPU":
        return CPU
    found = _DEVICE_PATTERN.fullmatch(name)
    if found is None or found[1] not in _KINDS:
        return _OTHER
    return _KINDS[found[1]] + min(int(found[2] or 0), _CODES_PER_KIND - 1)


def name_of(code: int) -> str:
    """The name for a table's column; '(CPU)' is the stand-in."""
    fixed = {UNKNOWN: "–", AMBIGUOUS: "one of", CPU: "CPU", STAND_IN: "(CPU)", _OTHER: "other"}
    if code in fixed:
        return fixed[code]
    for kind, base in _KINDS.items():
        if base <= code < base + _CODES_PER_KIND:
            return f"{kind}.{code - base}"
    return "–"
