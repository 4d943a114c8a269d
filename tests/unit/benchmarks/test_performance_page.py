"""The page of results: its tables, and that a new part replaces only its predecessor."""

from __future__ import annotations

from harness.paired_figures import Budget, Pair, Row
from harness.performance_page import parse, part, parts_of, render, replaced, table

MET, MISSED, NONE = Row("a", "1", ">= 1", True), Row("b|c", "0.5", ">= 1", False), Row("d", "no g++", "none", None)
RUN = {"date": "2026-11-28", "versions": "OpenVINO 2026.4.1", "command": "python tests/benchmarks/throughput.py"}


def test_table() -> None:
    assert table([MET, MISSED, NONE]).splitlines() == [
        "| what | figure | budget | |",
        "|---|---|---|---|",
        "| a | 1 | >= 1 | met |",
        "| b\\|c | 0.5 | >= 1 | **MISSED** |",
        "| d | no g++ | none | – |",
    ]


def test_part_tells_when_and_how() -> None:
    first, blank, head = part([RUN], [MET]).splitlines()[:3]
    assert first == "2026-11-28, OpenVINO 2026.4.1: `python tests/benchmarks/throughput.py`"
    assert (blank, head) == ("", "| what | figure | budget | |")


def test_a_part_of_several_runs_names_each_command_once() -> None:
    again = {**RUN, "command": "python tests/benchmarks/throughput.py --cell mlp"}
    first = part([RUN, again, RUN], [MET]).splitlines()[0]
    assert first == f"2026-11-28, OpenVINO 2026.4.1: `{RUN['command']}`, `{again['command']}`"


def test_a_page_reads_back_as_it_was_written() -> None:
    page = {
        "Small, 2 cores": {"throughput": part([RUN], [MET]), "startup": part([RUN], [NONE])},
        "Large": {"x": "text"},
    }
    assert parse(render(page)) == page


def test_only_the_parts_measured_again_are_replaced() -> None:
    before = replaced("", "Large", {"throughput": "old", "startup": "kept"})
    before = replaced(before, "Small", {"throughput": "of another machine"})
    after = replaced(before, "Large", {"throughput": "new"})
    assert parse(after) == {
        "Large": {"throughput": "new", "startup": "kept"},
        "Small": {"throughput": "of another machine"},
    }
    assert after.startswith("# Performance\n")
    assert replaced(after, "Large", {"throughput": "new"}) == after


def test_figures_of_several_logs_are_put_together() -> None:
    run = {**RUN, "kind": "run", "machine": "Large", "benchmark": "throughput"}
    later = {**run, "command": "python tests/benchmarks/throughput.py --cell mlp"}
    pair = Pair("cell", 1.0, 2.0, "/s", Budget(least=0.4)).as_dict()
    elsewhere = {**run, "machine": "Small"}
    page = parts_of([run, pair, elsewhere, pair, later, pair, {**run, "benchmark": "nothing measured"}])
    assert list(page) == ["Large", "Small"]
    assert list(page["Large"]) == ["throughput"]
    assert page["Large"]["throughput"].count("python tests/benchmarks/throughput.py") == 2
    assert "| cell | 0.500 (0.500 to 0.500), 1.000 / 2.000 /s, 2 pairs | >= 0.4 | met |" in page["Large"]["throughput"]
    assert "1 pair |" in page["Small"]["throughput"]
