"""What `ovtui doctor` finds, as JSON: which devices work, which link of each chain is broken, and what to type.

A key is always there; null where the value is unknown or does not apply. A key that is added does not raise VERSION."""

from __future__ import annotations

from typing import Literal

import msgspec

from ovtui.records.json_text import json_text

VERSION = 1

Mark = Literal["fine", "warning", "broken", "unknown"]
"""unknown: it does not apply on this machine, or cannot be told."""
LinkName = Literal[
    "pci", "module", "firmware", "node", "groups", "loader", "driver", "plugin", "inference"
]  # fmt: skip
"""The links of a chain, in the order in which each needs the one before."""
LINKS: tuple[LinkName, ...] = (
    "pci", "module", "firmware", "node", "groups", "loader", "driver", "plugin", "inference",
)  # fmt: skip


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line: what was found, where, and what to do about it."""

    name: str
    """Of a chain's link a LinkName; else what was looked at, such as 'quota'."""
    mark: Mark
    found: str
    """One sentence or less, without a full stop."""
    file: str | None = None
    """The file, folder or variable that was looked at."""
    command: str | None = None
    """One line to type; null where nothing is wrong, or where no command helps."""
    cause: str | None = None
    """What is wrong as a word for programs, such as 'not-in-group'; null where nothing is."""
    follows_from: str | None = None
    """The first broken link of the chain, from which this one follows."""
    quoted: str | None = None
    """The driver's or OpenVINO's own words, as one line."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """The first broken link of a chain: mending a later one does not help before this one."""

    device: str
    link: LinkName
    cause: str
    text: str
    command: str | None = None


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A device, from the bus to an inference."""

    device: str
    """'CPU', 'GPU', 'GPU.1', 'NPU'."""
    kind: Literal["CPU", "GPU", "NPU"]
    name: str | None
    """The device's name, of OpenVINO or by its PCI id; null where there is no such device."""
    present: bool
    """The machine has it, by PCI or by OpenVINO."""
    supported: bool
    """False for a GPU or NPU that OpenVINO's plugins are not made for: then nothing of it counts as broken."""
    works: bool | None
    """An inference ran on it just now. Null where that is not known."""
    first_cause: Cause | None
    links: list[Finding]


class DoctorReport(msgspec.Struct, frozen=True, kw_only=True):
    schema: int
    ovtui: str
    openvino: str | None
    """Null where it cannot be imported."""
    healthy: bool
    """Everything that is there works: exit code 0."""
    took_s: float
    chains: list[Chain]
    machine: list[Finding]
    """CPU features, quota, memory limit, clock, cache folders, container, terminal."""
    kind: str = ""
    """The machine's hardware in one short text, equal for equal hardware whatever its drivers are: 'i5-1240P, 16
    cores, GPU 46a6'. Empty of an ovtui that did not tell it, as `facts`."""
    facts: dict[str, str] = {}
    """What the machine and its software are, by name, in the order in which they are shown: 'hostname', 'machine',
    'cpu', 'cores', 'memory', 'GPU.0', 'GPU.0 driver', 'kernel', 'openvino', 'governor' and others. What cannot be read
    is not among them."""

    @property
    def causes(self) -> list[Cause]:
        return [chain.first_cause for chain in self.chains if chain.first_cause is not None]


def json_schema() -> bytes:
    """The JSON Schema of a DoctorReport."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(DoctorReport)), indent=2)


def to_json(report: DoctorReport) -> bytes:
    """As `ovtui doctor --json` writes it: indented, with a newline at its end."""
    return json_text(report)


def from_json(data: bytes) -> DoctorReport:
    """Raises msgspec.MsgspecError."""
    return msgspec.json.decode(data, type=DoctorReport)
