"""The lines of benchmark_app as scripts read them, to the blank: `[ INFO ] Throughput:   123.45 FPS`. Numbers have its
decimals and no thousands separators, unlike those of ovtui's own surfaces."""

from __future__ import annotations

from collections.abc import Sequence

from ovtui.cli.benchmark_app.facts import Group, Outcome
from ovtui.metrics.benchmark_app.latencies import Latencies

STEPS = (
    "Parsing and validating input arguments",
    "Loading OpenVINO Runtime",
    "Setting device configuration",
    "Reading model files",
    "Resizing model to match image sizes and given batch",
    "Configuring input of the model",
    "Loading the model to the device",
    "Querying optimal runtime parameters",
    "Creating infer requests and preparing input tensors",
    "Measuring performance",
    "Dumping statistics report",
)
MEDIAN = 50


def step(number: int, more: str = "") -> str:
    return f"[Step {number}/{len(STEPS)}] {STEPS[number - 1]}" + (f" ({more})" if more else "")


def info(text: str) -> str:
    return f"[ INFO ] {text}"


def result_lines(outcome: Outcome) -> list[str]:
    """With these stdout ends; of a run of at least one iteration."""
    found = [
        f"Execution Devices:{list(outcome.execution_devices)}",
        f"Count:            {outcome.iterations} iterations",
        f"Duration:         {outcome.duration_ms:.2f} ms",
        "Latency:",
        *_latency_lines(outcome.latencies, outcome.percentiles, width=15),
    ]
    if outcome.groups:
        found.append("Latency for each data shape group:")
    for number, group in enumerate(outcome.groups, 1):
        found.append(f"{number}.{group.text}")
        found += _latency_lines(group.latencies, outcome.percentiles, width=12)
    if outcome.fps is not None:
        found.append(f"Throughput:   {outcome.fps:.2f} FPS")
    return [info(text) for text in found]


def groups_lines(groups: Sequence[Group]) -> list[str]:
    """Where data shapes come in turn: which."""
    if len(groups) < 2:
        return []
    return [info(f"Defined {len(groups)} tensor groups:"), *(info(f"\t{group.text}") for group in groups)]


def _latency_lines(latencies: Latencies, percentiles: Sequence[int], width: int) -> list[str]:
    """`width`: of the names, in their own lines; that of a percentile is not padded there."""
    average_ms = latencies.average_ms
    if average_ms is None:
        return []
    in_us = average_ms < 1.0  # by the average, whatever the others are

    def text(value_ms: float | None) -> str:
        return "n/a" if value_ms is None else f"{value_ms * 1e3:.2f} us" if in_us else f"{value_ms:.2f} ms"

    found = []
    for percent in percentiles:
        name = f"{'Median:':{width}}" if percent == MEDIAN else f"{percent} percentile:     "
        found.append(f"   {name}{text(latencies.percentile_ms(percent))}")
    figures = {"Average:": average_ms, "Min:": latencies.least_ms, "Max:": latencies.most_ms}
    return found + [f"   {name:{width}}{text(value_ms)}" for name, value_ms in figures.items()]
