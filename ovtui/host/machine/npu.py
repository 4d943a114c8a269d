"""Intel's NPU, from the files of its driver (intel_vpu). None of them wakes it.

They are of the whole device, whoever uses it. The driver asks that the busy time be read once a second at most."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.host.machine.counters import CounterRate, share_percent
from ovtui.host.machine.sensor_files import Files, Found, SensorFile, SensorTree


@dataclass(slots=True)
class _Device:
    busy_us: SensorFile
    rate: CounterRate
    mhz: SensorFile | None
    """Newer drivers only, as the next."""
    memory: SensorFile | None


class Npu:
    """The first NPU. Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._tree = tree
        self._found = Found(tree, _look)

    def percent(self) -> float | None:
        """Busy share of the time since the last call."""
        device = self._found.now()
        if device is None:
            return None
        now = self._tree.now()
        return share_percent(device.rate.per_second(device.busy_us.number(), now), 1e6)

    def mhz(self) -> float | None:
        """None while it is asleep, where the driver writes 0."""
        device = self._found.now()
        mhz = device.mhz.number() if device is not None and device.mhz is not None else None
        return float(mhz) if mhz is not None and mhz > 0 else None

    def memory_bytes(self) -> int | None:
        device = self._found.now()
        used = device.memory.number() if device is not None and device.memory is not None else None
        return used if used is not None and used >= 0 else None


def _look(files: Files) -> _Device | None:
    for path in sorted((files.root / "sys").glob("class/accel/accel*/device/npu_busy_time_us")):
        busy_us = files.open(path)
        if busy_us is not None:
            mhz = files.open(path.with_name("npu_current_frequency_mhz"))
            return _Device(busy_us, CounterRate(), mhz, files.open(path.with_name("npu_memory_utilization")))
    return None
