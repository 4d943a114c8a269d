"""From what was measured to what is told: the times of each layer, and what stands beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ovtui.engine.layers.runtime_graph import GraphLayer, match
from ovtui.engine.layers.single_times import SingleTimes, Times, single_times
from ovtui.engine.layers.turns import Measured
from ovtui.records.layers import LayersHead, LayerTimes, Spread

_LEAST_PAIRS = 4
_NORMAL = 1.959963985
"""The normal distribution's 97.5 % point."""
_SHORT = 0.5
"""Where so many of the layers that have a time are below the resolution, that is said."""


class LayerResult:
    """What one device's layers took, of what has been measured so far."""

    def __init__(self, measured: Measured, graph: Sequence[GraphLayer], *, means: bool, each: bool = False) -> None:
        """`means`: the device is known to tell means."""
        self._measured = measured
        found, self.accumulated = single_times(measured.engines, means=means)
        self._timed = list(found.values())
        self._entry_of_layer: dict[int, SingleTimes] = {}
        self.layers = self._layers(graph, each)

    def _layers(self, graph: Sequence[GraphLayer], each: bool) -> list[LayerTimes]:
        """Those of the graph in its order; an entry that it does not have follows the layer that it is part of, or
        that which stands before it in the profile."""
        places = match([timed.entry for timed in self._timed], graph)
        holder = {name: at for at, layer in reversed([*enumerate(graph)]) for name in layer.original_names}
        after: dict[int, list[SingleTimes]] = {}
        before = -1
        for timed, place in zip(self._timed, places, strict=True):
            if place is not None:
                self._entry_of_layer[place] = timed
                before = place
            else:
                after.setdefault(holder.get(timed.entry.name, before), []).append(timed)
        found: list[LayerTimes] = []
        for at in range(-1, len(graph)):
            if at >= 0:
                found.append(_layer(len(found), graph[at], self._entry_of_layer.get(at), each=each))
            for timed in after.get(at, ()):
                of = graph[holder[timed.entry.name]].name if timed.entry.name in holder else ""
                found.append(_layer(len(found), None, timed, each=each, part_of=of))
        return found

    def times_of_graph(self, graph: Sequence[GraphLayer]) -> list[float | None]:
        """The median of each layer of the graph."""
        return [_median(self._entry_of_layer.get(at)) for at in range(len(graph))]

    @property
    def resolution_us(self) -> float:
        """As LayersHead has it: of the inference for which it is the worst."""
        return float(max(engine.inferences for engine in self._measured.engines)) if self.accumulated else 1.0

    def sums_us(self) -> Times:
        """Of all layers, in each inference that counts."""
        sums: Times = np.nansum([timed.real_us for timed in self._timed], axis=0)
        return sums

    def head(self, model: str, device: str, execution_device: str, full_name: str, notes: Sequence[str]) -> LayersHead:
        measured, sums_us = self._measured, self.sums_us()
        walls_us = np.array([ns for turn in measured.profiled_ns for ns in turn]) / 1e3
        untouched_us = np.array([ns for turn in measured.untouched_ns for ns in turn]) / 1e3
        return LayersHead(
            model=model,
            device=device,
            execution_device=execution_device,
            full_name=full_name,
            inferences=measured.inferences,
            untouched_us=_spread(untouched_us),
            profiled_us=_spread(walls_us),
            cost=paired_ratio(measured.profiled_ns, measured.untouched_ns),
            layers_us=_spread(np.maximum(sums_us, 0.0)),
            unexplained_us=_spread(walls_us - sums_us),
            resolution_us=self.resolution_us,
            accumulated=self.accumulated,
            notes=[*notes, *self._notes()],
        )

    def _notes(self) -> list[str]:
        timed = [layer for layer in self.layers if layer.median_us is not None]
        short = [layer for layer in timed if (layer.mean_us or 0.0) < self.resolution_us]
        found = []
        if len(short) > _SHORT * len(timed):
            found.append(
                f"{len(short)} of {len(timed)} layers take less than {self.resolution_us:.0f} us, to which a single "
                "inference is known: of those the mean, known to 1 us, tells more, and p95 is too high"
            )
        from_graph = sum(timed.entry.from_graph for timed in self._timed)
        if from_graph:
            found.append(
                f"the device's profile lacks {from_graph} of {len(timed)} layers, whose times are those that the "
                "runtime graph tells"
            )
        none = sum(layer.mean_us == 0 for layer in timed)
        if none:
            found.append(
                f"{none} of {len(timed)} layers read 0: OpenVINO cuts to whole microseconds, they take less than one"
            )
        if not self._measured.in_time:
            found.append(f"the time limit ended it after {self._measured.inferences} profiled inferences")
        return found


def _layer(
    order: int, layer: GraphLayer | None, timed: SingleTimes | None, *, each: bool, part_of: str = ""
) -> LayerTimes:
    entry = None if timed is None else timed.entry
    real = np.array([]) if timed is None else timed.real_us[~np.isnan(timed.real_us)]
    cpu = np.array([]) if timed is None else timed.cpu_us[~np.isnan(timed.cpu_us)]
    has_time = entry is not None and entry.status == "EXECUTED" and len(real) > 0
    exec_type = layer.exec_type if layer is not None else "" if entry is None else entry.exec_type
    return LayerTimes(
        name=layer.name if layer is not None else "" if entry is None else entry.name,
        type=entry.type if entry is not None else "" if layer is None else layer.type,
        exec_type="" if exec_type in ("undef", "undefined") else exec_type,
        precision="" if layer is None else layer.precision,
        original_names=[] if layer is None else layer.original_names,
        order=order,
        status="" if entry is None else entry.status,
        inferences=len(real) if has_time else 0,
        median_us=_not_below_0(np.median(real)) if has_time else None,
        p95_us=_not_below_0(np.percentile(real, 95)) if has_time else None,
        mean_us=_not_below_0(np.mean(real)) if has_time else None,
        mean_cpu_us=_not_below_0(np.mean(cpu)) if has_time and len(cpu) else None,
        reported_us=_not_below_0(timed.reported_us) if has_time and timed is not None else None,
        in_graph=layer is not None,
        profiled_as="" if entry is None or entry.from_graph else entry.name,
        part_of=part_of,
        each_us=[_not_below_0(value) for value in real] if each and has_time else [],
    )


def _median(timed: SingleTimes | None) -> float | None:
    if timed is None or timed.entry.status != "EXECUTED":
        return None
    real = timed.real_us[~np.isnan(timed.real_us)]
    return _not_below_0(np.median(real)) if len(real) else None


def _not_below_0(value: float | np.floating) -> float:
    return round(max(float(value), 0.0), 3)


def _spread(values: Times) -> Spread:
    p5, median, p95 = (round(float(value), 3) for value in np.percentile(values, [5, 50, 95]))
    return Spread(median=median, p5=p5, p95=p95)


def paired_ratio(of: Sequence[Sequence[int]], to: Sequence[Sequence[int]]) -> list[float]:
    """The ratio of the turns' medians, paired: estimate, low, high (95 %, Student's t on the logarithms). Empty of
    fewer pairs than tell one."""
    logs = [
        math.log(float(np.median(a)) / float(np.median(b)))
        for a, b in zip(of, to, strict=False)
        if a and b and min(np.median(a), np.median(b)) > 0
    ]
    if len(logs) < _LEAST_PAIRS:
        return []
    mean = float(np.mean(logs))
    half = _student(len(logs) - 1) * float(np.std(logs, ddof=1)) / math.sqrt(len(logs))
    return [round(math.exp(value), 5) for value in (mean, mean - half, mean + half)]


def _student(freedom: int) -> float:
    """The 97.5 % point of Student's t, by its expansion at the normal one: within 0.3 % from 3 degrees on."""
    z, n = _NORMAL, freedom
    return (
        z
        + (z**3 + z) / (4 * n)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * n**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * n**3)
    )
