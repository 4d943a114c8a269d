"""The processor's energy counters (RAPL), from powercap.

Readable by root alone since Linux 5.10. The zones of `intel-rapl-mmio` count the same packages a second time, and serve
where `intel-rapl` is not there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ovtui.host.machine.counters import CounterRate
from ovtui.host.machine.sensor_files import Files, Found, SensorFile, SensorTree, read_number, read_text

READINGS = {"package": "cpu_watts", "dram": "dram_watts", "psys": "system_watts"}
"""Reading by the start of a zone's name: `package-0`, `package-1-die-0`, `dram`, `psys`. The zones `core` and `uncore`
are parts of a package."""
_MSR, _MMIO = "intel-rapl:", "intel-rapl-mmio:"


@dataclass(slots=True)
class Zone:
    """A counter that is readable or not."""

    reading: str
    name: str
    file: SensorFile
    rate: CounterRate


class Rapl:
    """Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._tree = tree
        self._found = Found(tree, _look)

    @property
    def zones(self) -> list[Zone]:
        return self._found.now()

    def watts(self) -> dict[str, float | None]:
        """By reading, over the time since the last call: the sum of its zones, None where one of them is not known."""
        now = self._tree.now()
        rates: dict[str, list[float | None]] = {reading: [] for reading in READINGS.values()}
        for zone in self._found.now():
            rates[zone.reading].append(zone.rate.per_second(zone.file.number(), now))
        return {reading: _sum_of(found) for reading, found in rates.items()}


def _sum_of(microjoules_a_second: list[float | None]) -> float | None:
    known = [rate for rate in microjoules_a_second if rate is not None]
    return round(sum(known) / 1e6, 3) if known and len(known) == len(microjoules_a_second) else None


def _look(files: Files) -> list[Zone]:
    zones = []
    for folder in _zones_counted_once(files.root / "sys/class/powercap"):
        name = read_text(folder / "name")
        reading = next((READINGS[start] for start in READINGS if name.startswith(start)), None)
        counter = files.open(folder / "energy_uj")
        if reading is not None and counter is not None:
            wraps_at = read_number(folder / "max_energy_range_uj")
            rate = CounterRate(wraps_at=wraps_at if wraps_at and wraps_at > 0 else None, moves_always=True)
            zones.append(Zone(reading, name, counter, rate))
    return zones


def _zones_counted_once(powercap: Path) -> list[Path]:
    by_name: dict[tuple[str, str], Path] = {}
    for prefix in (_MSR, _MMIO):
        for folder in sorted(powercap.glob(f"{prefix}*")):
            name = read_text(folder / "name")
            above = read_text(powercap / folder.name.rpartition(":")[0] / "name")
            # Each package has a zone `dram` of its own.
            by_name.setdefault((above, name), folder)
    return list(by_name.values())
