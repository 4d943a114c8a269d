"""The files of the reports: the same numbers given to benchmark_app's own classes make the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from ovtui.cli.benchmark_app import counters as forms
from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.counters import Counter
from ovtui.cli.benchmark_app.facts import Group, Outcome, Setup
from ovtui.cli.benchmark_app.report import Report, report_path
from ovtui.metrics.benchmark_app.latencies import Latencies

COUNTERS = [
    Counter("data", "NOT_RUN", "Parameter", "unknown_I8", 0.0, 0.0),
    Counter("Convolution_4", "EXECUTED", "Convolution", "brgconv_avx512_bf16", 1.25, 1.5),
    Counter("a_name_of_more_than_twenty_letters", "EXECUTED", "Reorder", "jit_f32", 3.75, 3.75),
    Counter("Relu_5", "OPTIMIZED_OUT", "Relu", "undef", 0.0, 0.0),
]
ORDERS = ("sort", "no_sort", "simple_sort")


class Status(Enum):
    NOT_RUN, OPTIMIZED_OUT, EXECUTED = range(3)


@dataclass
class ProfilingInfo:
    """As OpenVINO's. benchmark_app's averages are written into it."""

    node_name: str
    status: Status
    node_type: str
    exec_type: str
    real_time: timedelta
    cpu_time: timedelta


def infos(counters: list[Counter] = COUNTERS) -> list[ProfilingInfo]:
    return [
        ProfilingInfo(
            c.name, Status[c.status], c.type, c.exec_type, timedelta(milliseconds=c.real_ms),
            timedelta(milliseconds=c.cpu_ms),
        )
        for c in counters
    ]  # fmt: skip


@pytest.fixture
def theirs(tmp_path: Path) -> Callable[[str, bool], Any]:
    """A report of benchmark_app, of a type, as JSON or not, in tmp_path."""

    def made(report_type: str, as_json: bool) -> Any:
        from openvino.tools.benchmark.utils import statistics_report as found

        kind: Any = found.JsonStatisticsReport if as_json else found.CsvStatisticsReport
        return kind(found.StatisticsReport.Config(report_type, str(tmp_path)))

    return made


def their_sorted(order: str) -> list[Any]:
    from openvino.tools.benchmark.utils.utils import print_perf_counters_sort

    return list(print_perf_counters_sort([infos()], sort_flag=order))


def report() -> tuple[Report, Outcome]:
    found = Latencies()
    found.add([1_000, 2_000, 6_000])
    first = Report([("-m", "tiny.xml"), ("-niter", "3"), ("-json_stats", "")])
    first.took("read model time", 10.141)
    first.took("reshape model time", None)
    first.took("compile model time", 38.25)
    setup = Setup("tiny", False, "async", True, "4", 104, 4, 2.0, {"CPU": "2"})
    first.tell_setup(setup, "CPU")
    return first, Outcome(["CPU"], 104, 1000.061, found, (50, 90), 416.0, [])


def tell_theirs(report: Any) -> None:
    category = report.Category
    report.add_parameters(category.COMMAND_LINE_PARAMETERS, [("-m", "tiny.xml"), ("-niter", "3"), ("-json_stats", "")])
    report.add_parameters(category.EXECUTION_RESULTS, [("read model time (ms)", "10.14")])
    report.add_parameters(category.EXECUTION_RESULTS, [("compile model time (ms)", "38.25")])
    report.add_parameters(
        category.RUNTIME_CONFIG,
        [
            ("topology", "tiny"), ("target device", "CPU"), ("API", "async"), ("inference_only", True),
            ("precision", "UNSPECIFIED"), ("batch size", "4"), ("number of iterations", "104"),
            ("number of parallel infer requests", "4"), ("duration (ms)", "2000"), ("number of CPU streams", "2"),
        ],
    )  # fmt: skip
    report.add_parameters(
        category.EXECUTION_RESULTS,
        [
            ("total execution time (ms)", "1000.06"), ("total number of iterations", "104"), ("latency (ms)", "2.00"),
            ("latency (90 percentile) (ms)", "6.00"), ("avg latency", "3.00"), ("min latency", "1.00"),
            ("max latency", "6.00"), ("throughput", "416.00"),
        ],
    )  # fmt: skip


def test_the_report_as_csv(tmp_path: Path, theirs: Callable[[str, bool], Any]) -> None:
    of_theirs = theirs("no_counters", False)
    tell_theirs(of_theirs)
    of_theirs.dump()
    ours, outcome = report()
    ours.tell_outcome(outcome)
    assert ours.as_csv() == (tmp_path / "benchmark_report.csv").read_text(encoding="utf-8")


def test_the_report_as_json(tmp_path: Path, theirs: Callable[[str, bool], Any]) -> None:
    of_theirs = theirs("no_counters", True)
    tell_theirs(of_theirs)
    of_theirs.dump()
    ours, outcome = report()
    ours.tell_outcome(outcome)
    assert ours.as_json() == (tmp_path / "benchmark_report.json").read_text(encoding="utf-8")


def test_data_shapes_take_the_place_of_no_figure_of_the_run() -> None:
    ours, outcome = report()
    of_shape = Latencies()
    of_shape.add([500])
    groups = [Group(" data: [1,3]", outcome.latencies), Group(" data: [2,3]", of_shape)]
    ours.tell_outcome(Outcome(["CPU"], 104, 1000.061, outcome.latencies, (50,), 416.0, groups))
    results = json.loads(ours.as_json())["execution_results"]
    assert results["avg latency"] == "3.00"
    assert results["groups"] == [
        {"group": " data: [1,3]", "avg latency": "3.00", "min latency": "1.00", "max latency": "6.00"},
        {"group": " data: [2,3]", "avg latency": "0.50", "min latency": "0.50", "max latency": "0.50"},
    ]
    rows = ours.as_csv().splitlines()
    at = rows.index("group; data: [2,3]")
    assert rows[at : at + 5] == [
        "group; data: [2,3]", "avg latency;0.50", "min latency;0.50", "max latency;0.50", "throughput;416.00",
    ]  # fmt: skip


def test_a_run_that_failed_has_a_report_with_the_reason() -> None:
    ours = Report([("-m", "none.xml")])
    ours.results.append(("error", "none.xml: no such file"))
    assert json.loads(ours.as_json()) == {
        "cmd_options": {"-m": "none.xml"}, "execution_results": {"error": "none.xml: no such file"},
    }  # fmt: skip
    assert (
        ours.as_csv() == "Command line parameters\n-m;none.xml\n\nExecution results\nerror;none.xml: no such file\n\n"
    )


def test_its_name() -> None:
    csv, as_json = (
        Arguments(path_to_model="m.xml"),
        Arguments(path_to_model="m.xml", json_stats=True, report_folder="x"),
    )
    assert report_path(csv) == Path("benchmark_report.csv")
    assert report_path(as_json, "average_counters_report") == Path("x/benchmark_average_counters_report.json")


def test_average_counters_as_csv(tmp_path: Path, theirs: Callable[[str, bool], Any]) -> None:
    theirs("average_counters", False).dump_performance_counters([infos(), infos()])
    expected = (tmp_path / "benchmark_average_counters_report.csv").read_text(encoding="utf-8")
    assert forms.counters_csv([COUNTERS]) == expected


def test_detailed_counters(tmp_path: Path, theirs: Callable[[str, bool], Any]) -> None:
    both = [COUNTERS, COUNTERS[1:]]
    theirs("detailed_counters", False).dump_performance_counters([infos(each) for each in both])
    expected = (tmp_path / "benchmark_detailed_counters_report.csv").read_text(encoding="utf-8")
    assert forms.counters_csv(both) == expected
    theirs("detailed_counters", True).dump_performance_counters([infos(each) for each in both])
    expected = (tmp_path / "benchmark_detailed_counters_report.json").read_text(encoding="utf-8")
    assert forms.detailed_json(both) == expected


def test_average_counters_as_json_hold_all_layers(tmp_path: Path, theirs: Callable[[str, bool], Any]) -> None:
    theirs("average_counters", True).dump_performance_counters([infos()])
    expected = json.loads((tmp_path / "benchmark_average_counters_report.json").read_text(encoding="utf-8"))
    found = json.loads(forms.average_json(COUNTERS))
    assert found["report_type"] == expected["report_type"] == "average"
    first = expected["avg_performance"]["nodes"]
    assert found["avg_performance"]["nodes"][:1] == first
    assert [node["name"] for node in found["avg_performance"]["nodes"]] == [each.name for each in COUNTERS]
    assert found["avg_performance"].keys() == expected["avg_performance"].keys()
    assert found["avg_performance"]["total_real_time"] == "5.000"
    theirs("detailed_counters", True).dump_performance_counters([infos()])
    detailed = json.loads((tmp_path / "benchmark_detailed_counters_report.json").read_text(encoding="utf-8"))
    assert found["avg_performance"] == detailed["detailed_performance"][0]


@pytest.mark.parametrize("order", ORDERS)
def test_sorted_counters(order: str, tmp_path: Path, theirs: Callable[[str, bool], Any]) -> None:
    theirs("no_counters", False).dump_performance_counters_sorted(their_sorted(order))
    assert forms.sorted_csv(COUNTERS, order).encode() == (tmp_path / "benchmark_sorted_report.csv").read_bytes()
    theirs("no_counters", True).dump_performance_counters_sorted(their_sorted(order))
    expected = (tmp_path / "benchmark_sorted_report.json").read_text(encoding="utf-8")
    assert forms.sorted_json(COUNTERS, order) == expected


@pytest.mark.parametrize("order", ORDERS)
def test_sorted_counters_are_printed_alike(order: str, capsys: pytest.CaptureFixture[str]) -> None:
    their_sorted(order)
    printed = capsys.readouterr().out.splitlines()
    found = forms.sorted_lines([COUNTERS], order)
    assert [line for line in found if not line.startswith("[ INFO ]")] == printed
    assert found[0] == "[ INFO ] Performance counts sorted for 0-th infer request"


def test_counters_are_printed_alike(capsys: pytest.CaptureFixture[str]) -> None:
    from openvino.tools.benchmark.utils.utils import print_perf_counters

    print_perf_counters([infos(), infos()])
    printed = capsys.readouterr().out.splitlines()
    found = [line for line in forms.counter_lines([COUNTERS, COUNTERS]) if not line.startswith("[ INFO ]")]
    # Theirs has as many decimals of the sums as there are.
    assert [line for line in found if "Total" not in line] == [line for line in printed if "Total" not in line]
    assert found[len(COUNTERS)] == "Total time:     5.000 milliseconds"


def test_whole_seconds_are_not_lost() -> None:
    slow = [Counter("big", "EXECUTED", "MatMul", "jit", 2_500.0, 2_500.0), COUNTERS[1]]
    lines = forms.sorted_lines([slow], "sort")
    assert "realTime (ms): 2500.000" in lines[1]
    assert "proportion: 99.95%" in lines[1]
    assert lines[3] == "Total time:       2501.250 milliseconds"


def test_what_a_terminal_would_obey_is_shown() -> None:
    odd = Counter("a\x1b[2Jb", "EXECUTED", "Relu", "jit", 1.0, 1.0)
    assert "\x1b" not in "".join(forms.counter_lines([[odd]]) + forms.sorted_lines([[odd]], "sort"))
