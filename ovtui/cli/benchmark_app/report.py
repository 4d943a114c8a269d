"""benchmark_report.csv and .json: file names, keys and order of benchmark_app."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.facts import Outcome, Setup
from ovtui.cli.benchmark_app.lines import MEDIAN
from ovtui.metrics.benchmark_app.latencies import Latencies

Pairs = list[tuple[str, str]]
SEPARATOR = ";"


@dataclass(slots=True)
class Report:
    """Its three parts in their order, one that is empty left out; each with keys and texts in the order in which they
    become known."""

    command_line: Pairs
    setup: list[tuple[str, Any]] = field(default_factory=list)
    results: Pairs = field(default_factory=list)
    groups: list[Pairs] = field(default_factory=list)
    """With -pcseq: of each data shape."""

    def took(self, what: str, took_ms: float | None) -> None:
        """`what`: 'read model time'."""
        if took_ms is not None:
            self.results.append((f"{what} (ms)", f"{took_ms:.2f}"))

    def tell_setup(self, setup: Setup, device: str) -> None:
        """`device`: as it was asked for."""
        self.setup = [
            ("topology", setup.topology),
            ("target device", device),
            ("API", setup.api),
            ("inference_only", setup.inference_only),
            ("precision", "UNSPECIFIED"),
            ("batch size", setup.batch),
            ("number of iterations", str(setup.requests)),
            ("number of parallel infer requests", str(setup.nireq)),
            ("duration (ms)", f"{setup.duration_s * 1e3:.0f}"),
            *((f"number of {name} streams", number) for name, number in setup.streams.items()),
        ]

    def tell_outcome(self, outcome: Outcome) -> None:
        self.results += [
            ("total execution time (ms)", f"{outcome.duration_ms:.2f}"),
            ("total number of iterations", str(outcome.iterations)),
            *_percentiles(outcome.latencies, outcome.percentiles),
            *_spread(outcome.latencies),
        ]
        self.groups = [[("group", group.text), *_spread(group.latencies)] for group in outcome.groups]
        self._throughput = [] if outcome.fps is None else [("throughput", f"{outcome.fps:.2f}")]

    _throughput: Pairs = field(default_factory=list)
    """The last of the results, behind the groups."""

    def as_csv(self) -> str:
        results = [*self.results, *(pair for group in self.groups for pair in group), *self._throughput]
        parts = {"Command line parameters": self.command_line, "Configuration setup": self.setup}
        lines: list[str] = []
        for title, pairs in {**parts, "Execution results": results}.items():
            if pairs:
                lines += [title, *(f"{key}{SEPARATOR}{value}" for key, value in pairs), ""]
        return "".join(f"{line}\n" for line in lines)

    def as_json(self) -> str:
        """A key stands once in an object, so the data shapes are a list of their own, `groups`: in benchmark_app's file
        the figures of the last one stand in the place of the run's."""
        results: dict[str, Any] = dict([*self.results, *self._throughput])
        if self.groups:
            results["groups"] = [dict(group) for group in self.groups]
        parts = {"cmd_options": dict(self.command_line), "configuration_setup": dict(self.setup)}
        return json.dumps({name: part for name, part in {**parts, "execution_results": results}.items() if part})


def report_path(arguments: Arguments, name: str = "report") -> Path:
    """`name`: 'report', 'average_counters_report' or the like."""
    ending = "json" if arguments.json_stats else "csv"
    return Path(arguments.report_folder) / f"benchmark_{name}.{ending}"


def _percentiles(latencies: Latencies, percentiles: Sequence[int]) -> Iterable[tuple[str, str]]:
    for percent in percentiles:
        name = "latency (ms)" if percent == MEDIAN else f"latency ({percent} percentile) (ms)"
        yield from _figure(name, latencies.percentile_ms(percent))


def _spread(latencies: Latencies) -> Iterable[tuple[str, str]]:
    yield from _figure("avg latency", latencies.average_ms)
    yield from _figure("min latency", latencies.least_ms)
    yield from _figure("max latency", latencies.most_ms)


def _figure(name: str, value_ms: float | None) -> Iterable[tuple[str, str]]:
    if value_ms is not None:
        yield name, f"{value_ms:.2f}"
