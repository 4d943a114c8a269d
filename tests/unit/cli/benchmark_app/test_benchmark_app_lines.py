"""The last lines of `ovtui benchmark_app`, to the blank, and as scripts find their figures."""

from __future__ import annotations

import re

import pytest

from ovtui.cli.benchmark_app.facts import Group, Outcome
from ovtui.cli.benchmark_app.lines import groups_lines, info, result_lines, step
from ovtui.metrics.benchmark_app.latencies import Latencies


def latencies(*values_ms: float) -> Latencies:
    found = Latencies()
    found.add([value_ms * 1e3 for value_ms in values_ms])
    return found


def outcome(found: Latencies, percentiles: tuple[int, ...] = (50,), groups: list[Group] | None = None) -> Outcome:
    return Outcome(["CPU"], found.count, 2345.678, found, percentiles, 1234.5678, groups or [])


def test_they_stand_as_benchmark_app_prints_them() -> None:
    assert result_lines(outcome(latencies(1, 2, 3, 10))) == [
        "[ INFO ] Execution Devices:['CPU']",
        "[ INFO ] Count:            4 iterations",
        "[ INFO ] Duration:         2345.68 ms",
        "[ INFO ] Latency:",
        "[ INFO ]    Median:        2.00 ms",
        "[ INFO ]    Average:       4.00 ms",
        "[ INFO ]    Min:           1.00 ms",
        "[ INFO ]    Max:           10.00 ms",
        "[ INFO ] Throughput:   1234.57 FPS",
    ]


def test_below_an_average_of_1_ms_they_are_in_us() -> None:
    lines = result_lines(outcome(latencies(0.5, 0.25, 1.75), (90,)))
    assert lines[4:8] == [
        "[ INFO ]    90 percentile:     1750.00 us",
        "[ INFO ]    Average:       833.33 us",
        "[ INFO ]    Min:           250.00 us",
        "[ INFO ]    Max:           1750.00 us",
    ]


def test_each_percentile_has_a_line() -> None:
    lines = result_lines(outcome(latencies(*range(1, 101)), (50, 90, 99)))
    assert lines[4:7] == [
        "[ INFO ]    Median:        50.00 ms",
        "[ INFO ]    90 percentile:     90.00 ms",
        "[ INFO ]    99 percentile:     99.00 ms",
    ]


def test_each_data_shape_has_its_latency() -> None:
    groups = [Group(" data: [1,3,8,8]", latencies(1, 2)), Group(" data: [1,3,16,16]", latencies(0.5))]
    lines = result_lines(outcome(latencies(0.5, 1, 2), groups=groups))
    assert lines[8:-1] == [
        "[ INFO ] Latency for each data shape group:",
        "[ INFO ] 1. data: [1,3,8,8]",
        "[ INFO ]    Median:     1.00 ms",
        "[ INFO ]    Average:    1.50 ms",
        "[ INFO ]    Min:        1.00 ms",
        "[ INFO ]    Max:        2.00 ms",
        "[ INFO ] 2. data: [1,3,16,16]",
        "[ INFO ]    Median:     500.00 us",
        "[ INFO ]    Average:    500.00 us",
        "[ INFO ]    Min:        500.00 us",
        "[ INFO ]    Max:        500.00 us",
    ]
    assert groups_lines(groups) == [
        "[ INFO ] Defined 2 tensor groups:", "[ INFO ] \t data: [1,3,8,8]", "[ INFO ] \t data: [1,3,16,16]",
    ]  # fmt: skip
    assert groups_lines(groups[:1]) == []


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (r"Count:\s+(\d+) iterations", "4"),
        (r"Duration:\s+([\d.]+) ms", "2345.68"),
        (r"Median:\s+([\d.]+) ms", "2.00"),
        (r"Average:\s+([\d.]+) ms", "4.00"),
        (r"Min:\s+([\d.]+) ms", "1.00"),
        (r"Max:\s+([\d.]+) ms", "10.00"),
        (r"Throughput:\s+([\d.]+) FPS", "1234.57"),
        (r"^\[ INFO \] Throughput: +(.*) FPS$", "1234.57"),
    ],
)
def test_scripts_find_the_figures(pattern: str, value: str) -> None:
    found = re.search(pattern, "\n".join(result_lines(outcome(latencies(1, 2, 3, 10)))), re.MULTILINE)
    assert found is not None
    assert found[1] == value


def test_a_step_has_its_number_and_name() -> None:
    assert step(1) == "[Step 1/11] Parsing and validating input arguments"
    assert step(8, "skipped") == "[Step 8/11] Querying optimal runtime parameters (skipped)"
    assert info("") == "[ INFO ] "
