"""One reading of the machine: every subject of this folder asked once.

A reading takes 0.25 ms where all can be read (tests/benchmarks/telemetry_cost.py)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ovtui.host.machine.battery import Batteries
from ovtui.host.machine.cgroup import Cgroups
from ovtui.host.machine.cpu_sensors import CpuSensors
from ovtui.host.machine.gpu_clients import GpuClients
from ovtui.host.machine.gpu_sensors import GpuSensors
from ovtui.host.machine.machine_root import machine_root
from ovtui.host.machine.memory import Memory
from ovtui.host.machine.npu import Npu
from ovtui.host.machine.process_usage import SessionUsageMeter
from ovtui.host.machine.rapl import Rapl
from ovtui.host.machine.sensor_files import SensorTree
from ovtui.records.machine_events import ThrottleSource
from ovtui.records.machine_readings import MachineReading


@dataclass(frozen=True, slots=True)
class SessionProcesses:
    """Process ids of the session's processes beside this one, the host."""

    engines: Sequence[int] = ()
    clients: Sequence[int] = ()
    """Views, and the process that answers Prometheus. Of a client in another pid namespace the id is not known, and
    its time counts as that of other processes, as does that of short-lived children."""
    read_idle: bool = False
    """The machine is to be read although there are no engines."""


class MachineReader:
    """Owner: the sampler's thread."""

    def __init__(self, root: Path | None = None, tree: SensorTree | None = None) -> None:
        """`root`: machine_root() unless given. Takes the first reading of every counter, of which no rate comes."""
        self.tree = tree or SensorTree(root or machine_root())
        self.cpu = CpuSensors(self.tree)
        self.cgroups = Cgroups(self.tree)
        self.rapl = Rapl(self.tree)
        self.gpus = GpuSensors(self.tree)
        self.gpu_clients = GpuClients(self.tree)
        self.npu = Npu(self.tree)
        self.batteries = Batteries(self.tree)
        self.memory = Memory(self.tree)
        self.processes = SessionUsageMeter(self.tree)
        self.throttled: dict[ThrottleSource, tuple[str, ...]] = {}
        """What was slowed down at the newest reading, and the reasons that the kernel or the driver names; without what
        was not, and what cannot be read."""
        self.read(0, SessionProcesses())

    @property
    def refused(self) -> dict[str, str]:
        """Path of each file that this process may not read, and the kernel's reason."""
        return self.tree.refused

    def read(self, t_ns: int, session: SessionProcesses, recording: str = "") -> MachineReading:
        """`recording` is the session file's path, empty for none."""
        use = self.processes.read(session.engines, [os.getpid()], session.clients)
        work = self.gpu_clients.use(session.engines)
        gpu, watts = self.gpus.read(work.pdevs), self.rapl.watts()
        cpu_throttled, quota_throttled = self.cpu.throttled_percent(), self.cgroups.throttled_percent()
        self.throttled = {}
        if self.cpu.throttle_reasons:
            self.throttled["cpu"] = self.cpu.throttle_reasons
        if gpu.throttled:
            self.throttled["gpu"] = gpu.throttle_reasons
        if quota_throttled:
            self.throttled["quota"] = ()
        return MachineReading(
            t_ns=t_ns,
            cpu_percent=use.cpu_percent,
            cpu_mhz=self.cpu.mhz(),
            cpu_temperature_c=self.cpu.temperature_c(),
            cpu_throttled_percent=cpu_throttled,
            throttled_percent=quota_throttled,
            other_cores=use.other_cores,
            memory_available_bytes=self.memory.available_bytes(),
            cgroup_memory_bytes=self.cgroups.memory_bytes(),
            engine_cores=use.engine.cores,
            engine_rss_bytes=use.engine.rss_bytes,
            host_cores=use.host.cores,
            host_rss_bytes=use.host.rss_bytes,
            gpu_mhz=gpu.mhz,
            gpu_percent=work.percent,
            gpu_memory_bytes=work.memory_bytes,
            gpu_temperature_c=gpu.temperature_c,
            gpu_memory_temperature_c=gpu.memory_temperature_c,
            gpu_throttled=gpu.throttled,
            npu_percent=self.npu.percent(),
            npu_mhz=self.npu.mhz(),
            npu_memory_bytes=self.npu.memory_bytes(),
            cpu_watts=watts["cpu_watts"],
            dram_watts=watts["dram_watts"],
            system_watts=watts["system_watts"],
            gpu_watts=gpu.watts,
            gpu_card_watts=gpu.card_watts,
            battery_watts=self.batteries.watts(),
            recording_bytes=_size(recording),
        )


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size if path else None  # noqa: PTH116
    except OSError:
        return None
