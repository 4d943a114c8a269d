"""Layer counters as benchmark_app prints them (-pc, -pcsort) and writes them into files: its columns, keys, decimals.
There they are of the timed requests; here of an engine beside it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.cli.benchmark_app.report import SEPARATOR
from ovtui.settings.shown_text import shown

COLUMNS = ("layerName", "execStatus", "layerType", "execType", "realTime (ms)", "cpuTime (ms)")
NAME_WIDTH = 20


@dataclass(frozen=True, slots=True)
class Counter:
    """One layer in one inference, or on average."""

    name: str
    status: str
    """'EXECUTED', 'NOT_RUN', 'OPTIMIZED_OUT'."""
    type: str
    exec_type: str
    real_ms: float
    """0 where it was not executed, as in the files of benchmark_app."""
    cpu_ms: float

    @property
    def python_status(self) -> str:
        """As Python shows OpenVINO's enumeration."""
        return f"Status.{self.status}"


def counter_lines(of_requests: Sequence[Sequence[Counter]]) -> list[str]:
    """-pc: of each infer request."""
    lines: list[str] = []
    for number, counters in enumerate(of_requests):
        lines.append(f"[ INFO ] Performance counts for {number}-th infer request")
        lines += [_line(counter) for counter in counters]
        lines += [
            f"Total time:     {_total(counters):.3f} milliseconds",
            f"Total CPU time: {_total_cpu(counters):.3f} milliseconds",
            "",
        ]
    return lines


def sorted_lines(of_requests: Sequence[Sequence[Counter]], sorting: str) -> list[str]:
    """-pcsort: with the share of each layer."""
    lines: list[str] = []
    for number, counters in enumerate(of_requests):
        lines.append(f"[ INFO ] Performance counts sorted for {number}-th infer request")
        kept, total_ms = sort(counters, sorting), _total(counters)
        for counter in kept:
            percent = f"{100 * _share(counter, total_ms):.2f}"
            lines.append(f"{_line(counter)}proportion: {('N/A' if percent == '0.00' else percent) + '%':<8}")
        whole = 100 * sum(_share(counter, total_ms) for counter in counters)
        lines += [
            f"Total time:       {total_ms:.3f} milliseconds",
            f"Total CPU time:   {_total_cpu(counters):.3f} milliseconds",
            f"Total proportion: {whole:.2f} % ",
            "",
        ]
    return lines


def sort(counters: Sequence[Counter], sorting: str) -> list[Counter]:
    """`sorting`: 'sort' the longest first, 'simple_sort' those alone that were run, 'no_sort' in their order."""
    if sorting == "no_sort":
        return list(counters)
    kept = [counter for counter in counters if sorting == "sort" or counter.status != "NOT_RUN"]
    return sorted(kept, key=lambda counter: counter.real_ms, reverse=True)


def counters_csv(of_requests: Sequence[Sequence[Counter]]) -> str:
    """benchmark_average_counters_report.csv with the average alone, benchmark_detailed_counters_report.csv with each
    request."""
    lines: list[str] = []
    for counters in of_requests:
        total = Counter("Total", "", "", "", _total(counters), _total_cpu(counters))
        rows = [[c.name, c.python_status, c.type, c.exec_type, *_times(c)] for c in counters]
        lines += [SEPARATOR.join(row) for row in [COLUMNS, *rows, ["Total", "", "", "", *_times(total)], ()]]
    return "".join(f"{line}\n" for line in lines)


def average_json(counters: Sequence[Counter]) -> str:
    """With all layers: that of benchmark_app holds the first alone."""
    return json.dumps({"report_type": "average", "avg_performance": _nodes(counters)}, indent=4)


def detailed_json(of_requests: Sequence[Sequence[Counter]]) -> str:
    told = [_nodes(counters) for counters in of_requests]
    return json.dumps({"report_type": "detailed", "detailed_performance": told}, indent=4)


def sorted_csv(counters: Sequence[Counter], sorting: str) -> str:
    """benchmark_sorted_report.csv, with the odd line ends of benchmark_app's: what reads that reads this."""
    out, total_ms = io.StringIO(), _total(counters)
    writer = csv.writer(out)
    writer.writerow([*COLUMNS, "proportion (%)\n"])
    kept = sort(counters, sorting)
    for c in kept:
        writer.writerow([c.name, c.python_status, c.type, c.exec_type, *_times(c), _percent(c, total_ms)])
    out.write("\n")
    writer.writerow([f"Total time: {_total(kept):.2f} milliseconds"])
    writer.writerow([f"Total CPU time: {_total_cpu(kept):.2f} milliseconds"])
    out.write("\n\n")
    return out.getvalue()


def sorted_json(counters: Sequence[Counter], sorting: str) -> str:
    total_ms, kept = _total(counters), sort(counters, sorting)
    told = _table([{**_node(c), "%": _percent(c, total_ms)} for c in kept], kept)
    return json.dumps({"report_type": "sorted", "avg_performance": told}, indent=4)


def _nodes(counters: Sequence[Counter]) -> dict[str, object]:
    return _table([_node(c) for c in counters], counters)


def _table(nodes: list[dict[str, str]], counters: Sequence[Counter]) -> dict[str, object]:
    total = {"total_real_time": f"{_total(counters):.3f}", "total_cpu_time": f"{_total_cpu(counters):.3f}"}
    return {"nodes": nodes, **total}


def _node(c: Counter) -> dict[str, str]:
    real, cpu = _times(c)
    return {
        "name": c.name,
        "node_type": c.type,
        "status": c.python_status,
        "real_time": real,
        "cpu_time": cpu,
        "exec_type": c.exec_type,
    }


def _line(c: Counter) -> str:
    real, cpu = _times(c)
    return (
        f"{_short(c.name)} {c.python_status:<20} layerType: {_short(c.type)} execType: {shown(c.exec_type):<20} "
        f"realTime (ms): {real:<10} cpuTime (ms): {cpu:<10}"
    )


def _short(text: str) -> str:
    text = shown(text)
    return f"{text[: NAME_WIDTH - 4] + '...' if len(text) >= NAME_WIDTH else text:<{NAME_WIDTH}}"


def _times(counter: Counter) -> tuple[str, str]:
    return f"{counter.real_ms:.3f}", f"{counter.cpu_ms:.3f}"


def _percent(counter: Counter, total_ms: float) -> str:
    return f"{100 * _share(counter, total_ms):.2f}%"


def _share(counter: Counter, total_ms: float) -> float:
    return counter.real_ms / total_ms if total_ms else 0.0


def _total(counters: Sequence[Counter]) -> float:
    return sum(counter.real_ms for counter in counters)


def _total_cpu(counters: Sequence[Counter]) -> float:
    return sum(counter.cpu_ms for counter in counters)
