"""Are the medians of `ovtui layers` those that OpenVINO would tell of single inferences?

    python tests/benchmarks/layers_truth.py [--rounds 5] [--inferences 100] [--model demo-cnn]

A profile of the CPU is a mean since the engine's start. The truth of a single inference is the profile after the first
one of a stream: an own loop over `profiling_info`, without anything of ovtui, asks an engine for that of its second
inference (the mean of two less the first), and compiles another one for each. Both are taken in turns. Heavy layers,
those above 5 % of the time, are compared; the naive loop, the median of the readings themselves, stands
beside, with what ovtui says that it would find."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import openvino as ov

sys.path.insert(0, str(Path(__file__).parents[1]))

from ovtui.engine.model.builtin_models import BUILTIN
from ovtui.host.layers_profiler import profile_layers
from ovtui.settings.schema.settings import Settings

_HEAVY = 0.05
_WITHIN = 0.10
_SHORT = 4
"""Inferences of one engine in the own loop: the reading of the n-th is known to n us."""


def of_an_own_loop(core: ov.Core, model: ov.Model, inferences: int) -> tuple[dict[str, float], dict[str, float]]:
    """Medians by layer: of single inferences, and of the readings as they come."""
    single: dict[str, list[float]] = {}
    while min(map(len, single.values()), default=0) < inferences:
        request = core.compile_model(model, "CPU", _properties()).create_infer_request()
        _fill(request)
        before: dict[str, float] = {}
        for number in range(1, _SHORT + 1):
            request.infer()
            sums = {info.node_name: number * info.real_time.total_seconds() * 1e6 for info in request.profiling_info}
            if number > 1:
                for name, total in sums.items():
                    single.setdefault(name, []).append(total - before[name])
            before = sums
    request = core.compile_model(model, "CPU", _properties()).create_infer_request()
    _fill(request)
    naive: dict[str, list[float]] = {}
    for number in range(inferences + 3):
        request.infer()
        for info in request.profiling_info if number >= 3 else []:
            naive.setdefault(info.node_name, []).append(info.real_time.total_seconds() * 1e6)
    return _medians(single), _medians(naive)


def _properties() -> dict[str, object]:
    return {"PERF_COUNT": True, "PERFORMANCE_HINT": "LATENCY"}


def _fill(request: ov.InferRequest) -> None:
    for tensor in request.input_tensors:
        tensor.data[:] = np.random.default_rng(0).random(tensor.shape).astype(tensor.data.dtype)


def _medians(times: dict[str, list[float]]) -> dict[str, float]:
    return {name: float(np.median(each)) for name, each in times.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--inferences", type=int, default=100)
    parser.add_argument("--model", default="demo-cnn")
    options = parser.parse_args()
    core, model = ov.Core(), BUILTIN[options.model]()
    settings = Settings(model=options.model, device="CPU", hint="latency")
    ratios: dict[str, list[tuple[float, float]]] = {}
    for number in range(options.rounds):
        own = of_an_own_loop(core, model, options.inferences) if number % 2 else None
        found = profile_layers(settings, inferences=options.inferences)
        single, naive = own or of_an_own_loop(core, model, options.inferences)
        whole = sum(layer.median_us or 0 for layer in found.layers)
        for layer in found.layers:
            if layer.median_us and layer.median_us > _HEAVY * whole:
                of = layer.profiled_as
                ratios.setdefault(of, []).append((layer.median_us / single[of], (layer.reported_us or 0.0) / naive[of]))
    off = 0
    for name, each in ratios.items():
        ratio, to_naive = np.median(each, axis=0)
        off += abs(ratio - 1) > _WITHIN
        print(f"{name}: median_us / own loop {ratio:.3f}", end=", ")
        print(f"reported_us / readings as they come {to_naive:.3f} ({len(each)} rounds)")
    print(f"{len(ratios) - off} of {len(ratios)} heavy layers within {_WITHIN:.0%}")
    return 1 if off else 0


if __name__ == "__main__":
    sys.exit(main())
