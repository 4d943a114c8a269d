"""What a group of requests cost: watts and joules per inference, by source, over the time in which it was loaded.

Joules and inferences are those of the same time: the parts of the load in which the source was read. So a hole in the
readings makes a figure less sure (`coverage`), and neither larger nor smaller. In words: docs/energy.md."""

from __future__ import annotations

from dataclasses import dataclass

from ovtui.metrics import number_format
from ovtui.metrics.energy.source_names import SOURCE_NAMES, WATTS
from ovtui.metrics.energy.watt_line import WattLine, length_ns
from ovtui.metrics.energy.watt_lines import WattLines
from ovtui.metrics.energy.work import Work
from ovtui.records.device_codes import CPU, STAND_IN, name_of
from ovtui.records.events import IdleMeasured

LEAST_READINGS = 3
"""With fewer the load is too short: the edges of the readings, a second each, are most of it."""
COVERED = 0.9
"""Of less it is told how much of the load was read: the edges are never read."""
WATT_DECIMALS, JOULE_DECIMALS, INFERENCE_DECIMALS, SHARE_DECIMALS = 3, 3, 9, 4
OF_GPU = ("gpu_card_watts", "gpu_watts", "cpu_watts", "system_watts", "battery_watts")
OF_CPU = ("cpu_watts", "system_watts", "battery_watts")


@dataclass(frozen=True, slots=True)
class SourcePower:
    """Of one source, of which at least one reading has come in the session."""

    name: str
    """The reading: 'cpu_watts'."""
    watts: float | None
    """The mean, over the part of the load that is covered; None where that is too short."""
    joules: float | None
    """Used in that part."""
    coverage: float
    """That part of the load, 0 to 1."""
    readings: int
    """In it."""
    joules_per_inference: float | None
    joules_per_item: float | None
    """None where it is not known how many items a request holds."""
    idle_watts: float | None
    """Where that was measured."""
    above_idle: float | None
    """Joules per inference beyond those of the idle machine in the same time. Below 0 where the load took less."""

    @property
    def label(self) -> str:
        return SOURCE_NAMES[self.name]

    @property
    def text(self) -> str:
        return source_text(
            self.label, self.watts, self.joules_per_inference, self.joules_per_item, self.above_idle, self.coverage,
            self.readings,
        )  # fmt: skip


def source_text(
    label: str,
    watts: float | None,
    each: float | None,
    per_item: float | None,
    above_idle: float | None,
    coverage: float,
    readings: int,
) -> str:
    """'CPU packages 12.4 W, 31.2 mJ per inference, 18.9 mJ above idle; 62.0 % of the load was read'."""
    if watts is None:
        few = number_format.quantity(readings, "reading")
        return f"{label}: the load is too short for a figure: {few}, {LEAST_READINGS} are needed"
    parts = [f"{label} {number_format.watts(watts)}"]
    if each is not None:
        parts.append(f"{number_format.joules(each)} per inference")
    if per_item not in (None, each):
        parts.append(f"{number_format.joules(per_item)} per item")
    if above_idle is not None:
        parts.append(f"{number_format.joules(above_idle)} above idle" if above_idle > 0 else "not above idle")
    read = "" if coverage >= COVERED else f"; {number_format.share(coverage)} of the load was read"
    return ", ".join(parts) + read


@dataclass(frozen=True, slots=True)
class PowerFigures:
    """Of the run, a segment or a device: see `metrics.queries.power`."""

    sources: tuple[SourcePower, ...] = ()
    """In the order of WATTS."""
    device: int | None = None
    """The device's code, of what one device served."""

    @property
    def lines(self) -> list[str]:
        """A text for each source."""
        return [source.text for source in self.sources]

    def of(self, name: str) -> SourcePower | None:
        return next((source for source in self.sources if source.name == name), None)

    @property
    def main(self) -> SourcePower | None:
        """The one source that says most of the device: of a GPU the card's, then the package's; else the CPU's, whose
        package holds an integrated GPU and the NPU, too."""
        order = OF_CPU if self.device in (None, CPU, STAND_IN) else OF_GPU
        if self.device is not None and not name_of(self.device).startswith("GPU"):
            order = OF_CPU
        found = (self.of(name) for name in order)
        return next((source for source in found if source is not None and source.watts is not None), None)

    @property
    def brief(self) -> str:
        """Joules per inference of `main`, for a column: '31.2 mJ'; '–' where nothing is known."""
        main = self.main
        return number_format.joules(main.joules_per_inference if main is not None else None)

    @property
    def brief_source(self) -> str:
        """What `brief` is of: 'CPU packages'; empty where nothing is known."""
        return self.main.label if self.main is not None else ""


def power_figures(
    lines: WattLines, work: Work, items_per_request: float | None, idle: IdleMeasured | None, device: int | None = None
) -> PowerFigures:
    found = []
    for name in WATTS:
        if (line := lines.by_name.get(name)) is not None:
            idle_watts = idle.watts.get(name) if idle is not None else None
            found.append(_source(name, line, work, items_per_request, idle_watts))
    return PowerFigures(tuple(found), device)


def _source(
    name: str, line: WattLine, work: Work, items_per_request: float | None, idle_watts: float | None
) -> SourcePower:
    covered = [part for span in work.times for part in line.covered(span)]
    length_s, whole_s = length_ns(covered) / 1e9, length_ns(work.times) / 1e9
    readings = sum(line.readings(part) for part in covered)
    coverage = round(length_s / whole_s, SHARE_DECIMALS) if whole_s else 0.0
    idle_watts = None if idle_watts is None else round(idle_watts, WATT_DECIMALS)
    if readings < LEAST_READINGS or not length_s:
        return SourcePower(name, None, None, coverage, readings, None, None, idle_watts, None)
    joules, succeeded = sum(map(line.joules, covered)), work.succeeded(covered)
    each = joules / succeeded if succeeded >= 1 else None
    above = None
    if each is not None and idle_watts is not None:
        above = round(each - idle_watts * length_s / succeeded, INFERENCE_DECIMALS)
    return SourcePower(
        name=name,
        watts=round(joules / length_s, WATT_DECIMALS),
        joules=round(joules, JOULE_DECIMALS),
        coverage=coverage,
        readings=readings,
        joules_per_inference=None if each is None else round(each, INFERENCE_DECIMALS),
        joules_per_item=_per_item(each, items_per_request),
        idle_watts=idle_watts,
        above_idle=above,
    )


def _per_item(each: float | None, items_per_request: float | None) -> float | None:
    return None if each is None or not items_per_request else round(each / items_per_request, INFERENCE_DECIMALS)
