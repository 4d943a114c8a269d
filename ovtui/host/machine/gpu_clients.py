"""The engines' own work on the GPU: busy time and memory, from /proc/PID/fdinfo of i915 and xe.

The kernel counts for each client of a GPU, which is an opening of its device file; several descriptors may be of one
client. i915 counts nanoseconds (Linux 5.19, its memory 6.8), xe cycles of a total (6.11). Other drivers have other
forms, and there nothing is said. Reading xe's file wakes the GPU, so it is read only while an engine runs."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ovtui.host.machine.counters import CounterRate, Moment, share_percent
from ovtui.host.machine.machine_root import is_this_machine
from ovtui.host.machine.sensor_files import MAX_BYTES, SensorTree, read_text, whole_number

FAKE_ENGINE = "engine"
"""Stands for the engines in the /proc of another machine's copy, which does not know their process ids."""
LOOK_FOR_CLIENTS_S = 10.0
"""An engine's descriptors are listed anew when their number has changed, and so often where the kernel does not tell
it."""
_DEVICE = re.compile(r".*/dri/((?:renderD|card)\d+)")
_UNITS = {"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}
_MAX_BYTES = 1 << 50
_REGIONS = {"i915": re.compile(r"(local|system)\d+"), "xe": re.compile(r"vram\d+|gtt|system")}
"""Whose resident memory is counted: on the card, and system memory that the GPU uses."""


@dataclass(frozen=True, slots=True)
class ClientUse:
    """What one fdinfo says."""

    driver: str
    client: str
    pdev: str
    busy_ns: Mapping[str, int]
    """By engine class; of i915."""
    cycles: Mapping[str, tuple[int, int]]
    """By engine class: busy, of all; of xe."""
    capacity: Mapping[str, int]
    """Engines of a class, where there are several."""
    resident_bytes: int | None
    """None where the kernel does not count memory."""

    @property
    def has_worked(self) -> bool:
        return any(self.busy_ns.values()) or any(busy for busy, _ in self.cycles.values())


def parse_fdinfo(text: str) -> ClientUse | None:
    """None for what is no client of i915 or xe. Lines that are not understood are passed over."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        key, separator, value = line.partition(":")
        if separator and key.startswith("drm-"):
            values.setdefault(key, value.strip())
    driver, client = values.get("drm-driver", ""), values.get("drm-client-id", "")
    if driver not in _REGIONS or not client:
        return None
    busy: dict[str, int] = {}
    cycles: dict[str, tuple[int, int]] = {}
    capacity: dict[str, int] = {}
    resident: list[int] = []
    for key, value in values.items():
        kind, name = _key_parts(key)
        if kind == "drm-resident" and _REGIONS[driver].fullmatch(name):
            resident += [] if (size := _size(value)) is None else [size]
        elif kind == "drm-engine-capacity":
            capacity |= {} if (count := _count(value)) is None else {name: count}
        elif kind == "drm-engine" and value.endswith("ns"):
            busy |= {} if (count := _count(value.removesuffix("ns").strip())) is None else {name: count}
        elif kind == "drm-cycles":
            count, total = _count(value), _count(values.get(f"drm-total-cycles-{name}", ""))
            cycles |= {} if count is None or total is None else {name: (count, total)}
    pdev = values.get("drm-pdev", "")
    return ClientUse(driver, client, pdev, busy, cycles, capacity, sum(resident) if resident else None)


def _key_parts(key: str) -> tuple[str, str]:
    """Kind and name: ('drm-engine-capacity', 'ccs'), ('drm-engine', 'video-enhance')."""
    for kind in ("drm-engine-capacity", "drm-engine", "drm-cycles", "drm-resident"):
        if key.startswith(f"{kind}-"):
            return kind, key.removeprefix(f"{kind}-")
    return key, ""


def _count(text: str) -> int | None:
    number = whole_number(text)
    return number if number is not None and number >= 0 else None


def _size(text: str) -> int | None:
    """Of memory: '23992 KiB', '0'."""
    number, _, unit = text.partition(" ")
    value, scale = whole_number(number), _UNITS.get(unit.strip().upper())
    size = None if value is None or scale is None else value * scale
    return size if size is not None and 0 <= size <= _MAX_BYTES else None


@dataclass(frozen=True, slots=True)
class GpuUse:
    percent: float | None = None
    """Of the busiest class of engines, since the last call."""
    memory_bytes: int | None = None
    pdevs: frozenset[str] = frozenset()
    """PCI addresses of the GPUs on which the engines have worked; before that, of those that they have opened, which
    for OpenCL are all."""


@dataclass(slots=True)
class _Client:
    busy: dict[str, CounterRate] = field(default_factory=dict)
    cycles: dict[str, tuple[int, int]] = field(default_factory=dict)
    """At the last call."""


class _Descriptor(NamedTuple):
    device: str
    """The name of its device file: 'renderD128'."""
    fdinfo: str
    """A path."""


class _Descriptors(NamedTuple):
    """A process's, that are of a GPU."""

    at: Moment
    """When they were listed."""
    open_files: int
    """All of them; 0 where the kernel does not tell."""
    found: list[_Descriptor]


class GpuClients:
    """Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._tree = tree
        self._clients: dict[tuple[str, str], _Client] = {}
        self._before: Moment | None = None
        self._pdevs: frozenset[str] = frozenset()
        self._descriptors: dict[int, _Descriptors] = {}
        """By engine."""
        self._told_elsewhere: set[str] = set()
        """Of those, the fdinfo files that tell nothing new: the kernel takes locks to make each."""

    def use(self, pids: Iterable[int]) -> GpuUse:
        """The use that these processes together make of the GPU since the last call."""
        now, uses = self._tree.now(), dict[tuple[str, str], ClientUse]()
        awake: dict[str, bool] = {}
        for descriptor in self._descriptors_of(list(pids), now):
            if descriptor.device not in awake:
                awake[descriptor.device] = self._awake(descriptor.device)
            text = _read(descriptor.fdinfo) if awake[descriptor.device] else ""
            found = parse_fdinfo(text)
            if found is not None and (found.pdev, found.client) not in uses:
                uses[found.pdev, found.client] = found
            elif text:  # of a client that another descriptor tells, or of another driver
                self._told_elsewhere.add(descriptor.fdinfo)
        passed_s = now.seconds_since(self._before) if self._before is not None else None
        self._before = now
        before, self._clients = self._clients, {key: self._clients.get(key, _Client()) for key in uses}
        shares: dict[tuple[str, str], float] = {}
        for key, use in uses.items():
            for name, share in self._shares(self._clients[key], use, now, known=key in before and passed_s is not None):
                whole = (use.pdev, name)
                shares[whole] = shares.get(whole, 0.0) + share / max(use.capacity.get(name, 1), 1)
        worked = frozenset(use.pdev for use in uses.values() if use.pdev and use.has_worked)
        self._pdevs = worked or self._pdevs or frozenset(use.pdev for use in uses.values() if use.pdev)
        resident = [use.resident_bytes for use in uses.values() if use.resident_bytes is not None]
        return GpuUse(
            percent=share_percent(max(shares.values(), default=None), 1.0),
            memory_bytes=sum(resident) if resident else None,
            pdevs=self._pdevs,
        )

    def _shares(self, client: _Client, use: ClientUse, now: Moment, *, known: bool) -> Iterator[tuple[str, float]]:
        """By engine class, the share of the time, of one engine, in which this client's work ran."""
        for name, busy_ns in use.busy_ns.items():
            per_second = client.busy.setdefault(name, CounterRate()).per_second(busy_ns, now)
            if per_second is not None:
                yield name, per_second / 1e9
        before, client.cycles = client.cycles, dict(use.cycles)
        for name, (busy, total) in use.cycles.items() if known else ():
            if name in before and total > before[name][1] and busy >= before[name][0]:
                yield name, (busy - before[name][0]) / (total - before[name][1])

    def _awake(self, device: str) -> bool:
        """Of a device file such as renderD128. A GPU that is suspended works for nobody, and is left so."""
        status = read_text(self._tree.root / "sys/class/drm" / device / "device/power/runtime_status")
        return status not in ("suspended", "suspending")

    def _descriptors_of(self, pids: list[int], now: Moment) -> Iterator[_Descriptor]:
        if not is_this_machine(self._tree.root):
            yield from _gpu_descriptors(self._tree.root / "proc" / FAKE_ENGINE)
            return
        self._descriptors = {pid: listed for pid, listed in self._descriptors.items() if pid in pids}
        if not self._descriptors:
            self._pdevs = frozenset()  # other engines may use another GPU
        for pid in pids:
            folder, listed = Path("/proc", str(pid)), self._descriptors.get(pid)
            count = _count_of(folder / "fd")
            old = listed is not None and (now.at_ns - listed.at.at_ns) / 1e9 >= LOOK_FOR_CLIENTS_S
            if listed is None or listed.open_files != count or old:
                listed = self._descriptors[pid] = _Descriptors(now, count, _gpu_descriptors(folder))
                self._told_elsewhere -= {descriptor.fdinfo for descriptor in listed.found}
            yield from (each for each in listed.found if each.fdinfo not in self._told_elsewhere)


def _count_of(folder: Path) -> int:
    """The number of a process's open files, since Linux 6.2; 0 before."""
    try:
        return os.stat(folder).st_size  # noqa: PTH116
    except OSError:
        return 0


def _gpu_descriptors(process: Path) -> list[_Descriptor]:
    """A process's descriptors of GPUs' device files. Without reading fdinfo: that wakes an xe GPU."""
    found = []
    with contextlib.suppress(OSError):
        for fd in sorted(os.listdir(process / "fd")):  # noqa: PTH208
            with contextlib.suppress(OSError):
                device = _DEVICE.fullmatch(os.readlink(process / "fd" / fd))  # noqa: PTH115
                if device is not None:
                    found.append(_Descriptor(device[1], str(process / "fdinfo" / fd)))
    return found


def _read(path: str) -> str:
    with contextlib.suppress(OSError):
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return os.pread(fd, MAX_BYTES, 0).decode("ascii", "replace")
        finally:
            os.close(fd)
    return ""
