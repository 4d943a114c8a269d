"""The times of single inferences, out of what `profiling_info` tells.

CPU and GPU plugin do not tell the time of the last inference but the mean of all since the engine's start, cut to whole
microseconds. The n-th inference took n times its reading less n - 1 times the one before. (CPU, demo-cnn: a layer's
readings 394, 286, 249, 226, 211, 202, 198 ... fall for long after a slow first inference; the sums of what is found
here correlate with the inferences' wall times by 0.99, those of the readings by 0.78.) Cut readings make a single
inference uncertain by n microseconds, so engines are renewed while that is cheap; the mean, which is certain, is told
beside."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ovtui.engine.layers.sync_request import ProfileEntry

Times = npt.NDArray[np.float64]
_MEANS_OF = ("CPU", "GPU")
_MOST_AGAINST = 0.2
"""Where so many layers cannot be means, none is taken for one."""


@dataclass(slots=True)
class Readings:
    """Of one profiled engine, from its first inference on."""

    counted: list[bool] = field(default_factory=list)
    """Per inference: False for those of a warm-up."""
    entries: dict[tuple[str, int], ProfileEntry] = field(default_factory=dict)
    """By name and its occurrence in the profile, as last read."""
    real_us: dict[tuple[str, int], array[float]] = field(default_factory=dict)
    cpu_us: dict[tuple[str, int], array[float]] = field(default_factory=dict)
    """Per inference; NaN where the profile lacks the layer."""
    names: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    """Keys of this engine by which the first engine has the same layer otherwise."""

    def add(self, profile: list[ProfileEntry], *, counted: bool) -> None:
        before, seen = len(self.counted), dict[str, int]()
        self.counted.append(counted)
        for entry in profile:
            key = entry.name, seen.get(entry.name, 0)
            seen[entry.name] = key[1] + 1
            key = self.names.get(key, key)
            self.entries[key] = entry if entry.name == key[0] else replace(entry, name=key[0])
            for of, value in ((self.real_us, entry.real_us), (self.cpu_us, entry.cpu_us)):
                series = of.setdefault(key, array("d"))
                series.extend([np.nan] * (before - len(series)))
                series.append(np.nan if value is None else value)

    @property
    def inferences(self) -> int:
        return len(self.counted)

    def align(self, first: Readings) -> bool:
        """Takes over the keys of the first engine of the same model: OpenVINO numbers what it makes in a compile, and
        another compile has other numbers. False where the layers are not the same ones in the same order."""
        if self.entries.keys() == first.entries.keys():
            return True
        kinds = [[(entry.type, entry.exec_type) for entry in of.entries.values()] for of in (self, first)]
        if kinds[0] != kinds[1]:
            return False
        self.names = dict(zip(self.entries, first.entries, strict=True))
        self.entries = {
            key: replace(entry, name=key[0]) for key, entry in zip(first.entries, self.entries.values(), strict=True)
        }
        self.real_us = {self.names[key]: series for key, series in self.real_us.items()}
        self.cpu_us = {self.names[key]: series for key, series in self.cpu_us.items()}
        return True


@dataclass(frozen=True, slots=True)
class SingleTimes:
    """Of one layer, of the counted inferences of all engines; NaN where it has none."""

    entry: ProfileEntry
    real_us: Times
    cpu_us: Times
    reported_us: float = math.nan
    """What an own loop over `profiling_info` would call the median; NaN where there is none."""


def tells_means(device: str) -> bool:
    """Whether the device's profile is a mean since the start."""
    return device.startswith(_MEANS_OF)


def single_times(engines: list[Readings], *, means: bool) -> tuple[dict[tuple[str, int], SingleTimes], bool]:
    """By the layer's key, in the order of the profile; and whether the readings were taken for means. `means`: the
    device is known to tell such; readings that cannot be means are not taken for them."""
    keys = list(dict.fromkeys(key for engine in engines for key in engine.entries))
    against = 0
    if means:
        timed = [key for key in keys if any(np.nansum(engine.real_us.get(key, array("d"))) > 0 for engine in engines)]
        against = sum(not all(_may_be_means(_padded(each, each.real_us, key)) for each in engines) for key in timed)
        means = against <= _MOST_AGAINST * len(timed)
    found = {}
    for key in keys:
        entry = next(each.entries[key] for each in reversed(engines) if key in each.entries)
        real = np.concatenate([_singles(each, each.real_us, key, means) for each in engines])
        cpu = np.concatenate([_singles(each, each.cpu_us, key, means) for each in engines])
        found[key] = SingleTimes(entry, real, cpu, _reported(engines, key, means))
    return found, means


def _padded(engine: Readings, of: dict[tuple[str, int], array[float]], key: tuple[str, int]) -> Times:
    series = np.array(of.get(key, array("d")), float)
    return np.pad(series, (0, engine.inferences - len(series)), constant_values=np.nan)


def _singles(engine: Readings, of: dict[tuple[str, int], array[float]], key: tuple[str, int], means: bool) -> Times:
    counted: Times = _all_singles(_padded(engine, of, key), means)[np.array(engine.counted, bool)]
    return counted


def _all_singles(readings: Times, means: bool) -> Times:
    return from_means(readings) if means and _may_be_means(readings) else readings


def _reported(engines: list[Readings], key: tuple[str, int], means: bool) -> float:
    """The median of the readings of one engine that had run all these inferences: the first engine's from its first
    one on, which is often slow, and those that count of the later ones."""
    singles = [_all_singles(_padded(each, each.real_us, key), means) for each in engines]
    chosen = [
        all_of if each is engines[0] else all_of[each.counted] for all_of, each in zip(singles, engines, strict=True)
    ]
    times = np.concatenate(chosen)
    times = times[~np.isnan(times)]
    if not len(times):
        return math.nan
    readings = np.floor(np.cumsum(times) / np.arange(1, len(times) + 1)) if means else times
    return float(np.median(readings))


def from_means(readings: Times) -> Times:
    """Of the n-th inference from the means after each."""
    sums = readings * np.arange(1, len(readings) + 1)
    found: Times = np.diff(sums, prepend=0.0)
    return found


def _may_be_means(readings: Times) -> bool:
    """False where an inference would have taken less than no time, beyond what cutting to whole us can do; and where
    the layer was missing once it had been there."""
    known = ~np.isnan(readings)
    if not known.any() or not known[known.argmax() :].all():
        return False
    singles, numbers = from_means(readings), np.arange(1, len(readings) + 1)
    return not bool((singles <= -numbers).any())
