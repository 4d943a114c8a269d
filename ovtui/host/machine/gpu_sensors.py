"""Clocks, throttle reasons, temperatures and energy of Intel's GPUs, from the files of i915 and xe.

Reading them would wake a GPU that is suspended, so its runtime status is read first; in that file nothing wakes it.
An integrated GPU has no hwmon: its energy is part of the processor's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ovtui.host.machine.counters import CounterRate
from ovtui.host.machine.cpu_sensors import temperature_c
from ovtui.host.machine.sensor_files import Files, Found, SensorFile, SensorTree, read_text

INTEL_VENDOR_ID = "0x8086"
_MEDIA_GT = "mc"
"""The end of xe's gtidle/name of a GT that only has video engines."""
_ENERGY = {"card": "gpu_card_watts", "pkg": "gpu_watts", "package": "gpu_watts"}
"""Reading by hwmon's label."""
_UNLABELLED = {"energy1": "gpu_card_watts", "energy2": "gpu_watts"}
"""By file, of several without labels; a single one is the package's."""


@dataclass(slots=True)
class _Gt:
    """One of the GPU's graphics units: a tile has one for computing, and on some GPUs one for video."""

    status: SensorFile | None
    """1 while there is any throttle reason."""
    reasons: dict[str, SensorFile]


@dataclass(slots=True)
class Energy:
    reading: str
    """gpu_watts or gpu_card_watts."""
    file: SensorFile
    rate: CounterRate | None
    """None for a file that tells the power itself, in uW."""


@dataclass(slots=True)
class Gpu:
    """One card."""

    pdev: str
    """Its PCI address, as in fdinfo: '0000:03:00.0'."""
    driver: str
    runtime: SensorFile | None
    clocks: list[SensorFile] = field(default_factory=list)
    gts: list[_Gt] = field(default_factory=list)
    temperatures: list[SensorFile] = field(default_factory=list)
    memory_temperatures: list[SensorFile] = field(default_factory=list)
    energies: list[Energy] = field(default_factory=list)

    @property
    def awake(self) -> bool:
        status = self.runtime.text() if self.runtime is not None else ""
        return status in ("active", "unsupported", "", None)


@dataclass(frozen=True, slots=True)
class GpuReading:
    mhz: float | None = None
    temperature_c: float | None = None
    memory_temperature_c: float | None = None
    throttled: float | None = None
    throttle_reasons: tuple[str, ...] = ()
    """As the driver names them: 'pl1', 'thermal'; empty where it only says that there is one."""
    watts: float | None = None
    card_watts: float | None = None


class GpuSensors:
    """Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._tree = tree
        self._found = Found(tree, _look)

    @property
    def gpus(self) -> list[Gpu]:
        """Intel's, in the order of their cards."""
        return self._found.now()

    def read(self, pdevs: Iterable[str] = ()) -> GpuReading:
        """Of the GPUs at these PCI addresses; without any, of the only GPU; where there are several, the fastest clock
        alone is told. What is asleep is left out."""
        gpus, wanted = self._found.now(), set(pdevs)
        chosen = [gpu for gpu in gpus if gpu.pdev in wanted] or gpus
        awake = [gpu for gpu in chosen if gpu.awake]
        watts = self._watts(chosen, awake)
        if not awake:
            return GpuReading()
        mhz = _greatest(float(mhz) for gpu in awake for file in gpu.clocks if (mhz := file.number()) and mhz > 0)
        if len(chosen) > 1 and not wanted:
            return GpuReading(mhz)
        reasons, throttled = _throttled([gt for gpu in awake for gt in gpu.gts])
        return GpuReading(
            mhz=mhz,
            temperature_c=_greatest(_temperatures(file for gpu in awake for file in gpu.temperatures)),
            memory_temperature_c=_greatest(_temperatures(file for gpu in awake for file in gpu.memory_temperatures)),
            throttled=throttled,
            throttle_reasons=reasons,
            watts=watts.get("gpu_watts"),
            card_watts=watts.get("gpu_card_watts"),
        )

    def _watts(self, gpus: list[Gpu], awake: list[Gpu]) -> dict[str, float]:
        """By reading: the sum over the GPUs, where all parts of it are known. Of one that is asleep nothing is."""
        now, rates = self._tree.now(), dict[str, list[float | None]]()
        for gpu in gpus:
            for energy in gpu.energies:
                value = energy.file.number() if gpu in awake else None
                rate = energy.rate.per_second(value, now) if energy.rate is not None else value or None
                rates.setdefault(energy.reading, []).append(rate)
        sums = {}
        for reading, found in rates.items():
            known = [rate for rate in found if rate is not None]
            if len(known) == len(found):
                sums[reading] = round(sum(known) / 1e6, 3)
        return sums


def _greatest(values: Iterable[float]) -> float | None:
    return max(values, default=None)


def _temperatures(files: Iterable[SensorFile]) -> Iterator[float]:
    return (celsius for file in files if (celsius := temperature_c(file)) is not None)


def _throttled(gts: list[_Gt]) -> tuple[tuple[str, ...], float | None]:
    """The reasons, and 1 while there is one, 0 while there is none, None where the driver does not tell."""
    reasons: list[str] = []
    told: list[bool] = []
    for gt in gts:
        status = gt.status.number() if gt.status is not None else None
        # Where the status says that there is none, the single reasons need no look.
        named = {} if status == 0 else {name: file.number() for name, file in gt.reasons.items()}
        reasons += [name for name, value in named.items() if value == 1 and name not in reasons]
        if status is not None or any(value is not None for value in named.values()):
            told.append(bool(status) or 1 in named.values())
    return tuple(reasons), float(any(told)) if told else None


def _look(files: Files) -> list[Gpu]:
    found = []
    for card in sorted((files.root / "sys/class/drm").glob("card[0-9]*"), key=_card_number):
        device = card / "device"
        if "-" in card.name or read_text(device / "vendor") != INTEL_VENDOR_ID:
            continue  # card0-HDMI-A-1 is a socket of card0
        uevent = dict(line.strip().split("=", 1) for line in read_text(device / "uevent").splitlines() if "=" in line)
        gpu = Gpu(
            pdev=uevent.get("PCI_SLOT_NAME") or device.resolve().name,
            driver=uevent.get("DRIVER", ""),
            runtime=files.open(device / "power/runtime_status"),
        )
        _add_graphics_units(gpu, card, files)
        _add_hwmon(gpu, device, files)
        found.append(gpu)
    return found


def _add_graphics_units(gpu: Gpu, card: Path, files: Files) -> None:
    gpu.clocks += files.open_all([card / "gt_act_freq_mhz"])  # i915, of all of its units
    for folder in sorted(card.glob("gt/gt*")):
        if not gpu.clocks:
            gpu.clocks += files.open_all([folder / "rps_act_freq_mhz"])
        gpu.gts.append(_gt(folder, "throttle_reason_status", "throttle_reason_", files))
    for folder in sorted(card.glob("device/tile*/gt*")):
        gpu.clocks += files.open_all([folder / "freq0/act_freq"])
        if not read_text(folder / "gtidle/name").endswith(_MEDIA_GT):
            gpu.gts.append(_gt(folder / "freq0/throttle", "status", "reason_", files))


def _gt(folder: Path, status: str, prefix: str, files: Files) -> _Gt:
    reasons = {}
    for path in sorted(folder.glob(f"{prefix}*")):
        file = files.open(path) if path.name != status else None
        if file is not None:
            reasons[path.name.removeprefix(prefix)] = file
    return _Gt(files.open(folder / status), reasons)


def _add_hwmon(gpu: Gpu, device: Path, files: Files) -> None:
    for folder in sorted(device.glob("hwmon/hwmon*")):
        if read_text(folder / "name") not in ("i915", "xe"):
            continue  # i915_gt0 and the like are parts of the card
        _add_temperatures(gpu, folder, files)
        inputs = sorted(folder.glob("energy*_input"))
        for path in inputs:
            number = path.name.removesuffix("_input")
            label = read_text(folder / f"{number}_label").lower()
            reading = _ENERGY.get(label) or (_UNLABELLED.get(number) if len(inputs) > 1 else "gpu_watts")
            file = files.open(path) if not label or label in _ENERGY else None
            if reading is not None and file is not None:
                gpu.energies.append(Energy(reading, file, CounterRate(moves_always=True)))
        if not inputs and (power := files.open(folder / "power1_input")) is not None:
            gpu.energies.append(Energy("gpu_watts", power, None))


def _add_temperatures(gpu: Gpu, folder: Path, files: Files) -> None:
    """Of the package: labelled so, temp2 of xe, temp1 of i915. Of the memory: labelled so, temp3 of xe."""
    for path in sorted(folder.glob("temp*_input")):
        number = path.name.removesuffix("_input")
        label = read_text(folder / f"{number}_label").lower()
        name = label or {"temp1": "pkg", "temp2": "pkg", "temp3": "vram"}.get(number, "")
        if (file := files.open(path) if name.startswith(("pkg", "package", "vram")) else None) is not None:
            (gpu.memory_temperatures if name.startswith("vram") else gpu.temperatures).append(file)


def _card_number(card: Path) -> tuple[int, str]:
    digits = card.name.removeprefix("card")
    return (int(digits) if digits.isascii() and digits.isdigit() else 1 << 30, card.name)
