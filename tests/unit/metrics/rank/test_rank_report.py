"""A rank as rows, as JSON, as a sentence and as texts."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest
from metrics.rank.rank_samples import AGREES, WHY, a_rank, again, once, rank_point

from ovtui.cli.rank_text import result_lines, table_lines
from ovtui.metrics.rank.answer_text import agreement_text
from ovtui.metrics.rank.devices import devices_to_rank, starts_on
from ovtui.metrics.rank.document import rank_html, rank_markdown
from ovtui.metrics.rank.report import rank_report
from ovtui.metrics.rank.schema import RankReport, to_json
from ovtui.records.study_events import DeviceAgreement


def test_rows_are_in_order_and_refused_ones_last_with_their_reason() -> None:
    found = rank_report(a_rank(once(), [AGREES]), recording="/tmp/one.ovtui")
    assert [(row.device, row.hint, row.place) for row in found.rows] == [
        ("GPU.0", "throughput", 1), ("AUTO", "throughput", 2), ("CPU", "throughput", 3), ("GPU.0", "latency", 4),
        ("AUTO", "latency", 5), ("CPU", "latency", 6), ("NPU", "latency", None), ("NPU", "throughput", None),
    ]  # fmt: skip
    first, refused = found.rows[0], found.rows[-1]
    assert (first.throughput, first.p50_ms, first.p99_ms, first.rounds) == (812.0, 19.0, 24.0, 1)
    assert (first.compile_ms, first.first_inference_ms, first.memory_bytes) == (320.0, 1300.0, 200_000_004)
    assert (first.begin_s, first.until_s, first.recording) == (4.0, 9.0, "/tmp/one.ovtui")
    assert (refused.outcome, refused.reason, refused.throughput, refused.requests) == ("refused", WHY, None, None)
    assert (refused.compile_ms, refused.memory_bytes, refused.agreement) == (None, None, None)


def test_agreement_is_that_of_the_device_that_a_row_ran_on() -> None:
    rows = {(row.device, row.hint): row for row in rank_report(a_rank(once(), [AGREES])).rows}
    assert (rows["GPU.0", "latency"].agreement, rows["GPU.0", "latency"].max_relative) == ("agree", 2.1e-4)
    assert rows["AUTO", "throughput"].agreement == "agree"
    assert (rows["CPU", "latency"].agreement, rows["NPU", "latency"].agreement) == (None, None)
    unable = DeviceAgreement(device="GPU.0", why="it crashed")
    row = rank_report(a_rank(once(), [unable])).rows[0]
    assert (row.agreement, row.why_no_agreement) == (None, "it crashed")


def test_the_answer_is_one_sentence() -> None:
    assert rank_report(a_rank(once(), [AGREES])).text == (
        "fastest: GPU.0 throughput, 812.0/s (cannot be told from AUTO throughput); least latency: GPU.0 latency, p99 "
        "4.20 ms (cannot be told from AUTO latency); GPU.0 agrees with the CPU within 2e-4; not served: NPU"
    )
    assert rank_report(a_rank([])).text == "nothing was measured"
    refused = rank_report(a_rank([rank_point(5, None, 0.0, None)])).text
    assert refused == f"none of 1 could be served; the first reason: {WHY}"


@pytest.mark.parametrize(
    ("verdict", "largest", "why", "words"),
    [
        ("agree", 0.0, "", "GPU.0 agrees with the CPU exactly"),
        ("precision", 0.03, "", "GPU.0 differs from the CPU by 3e-2, by its precision: in f32 they agree"),
        ("fault", 0.7, "", "GPU.0 DIFFERS from the CPU by 7e-1, in f32 too: ovtui verify says where"),
        ("fault", None, "", "GPU.0 DIFFERS from the CPU by some, in f32 too: ovtui verify says where"),
        ("unknown", 0.2, "no f32", "GPU.0 differs from the CPU by 2e-1, and whether by its precision is not known: "
         "no f32"),
        ("", None, "it crashed", "whether GPU.0 agrees with the CPU is not known: it crashed"),
    ],
)  # fmt: skip
def test_each_verdict_in_words(verdict: str, largest: float | None, why: str, words: str) -> None:
    assert agreement_text(DeviceAgreement(device="GPU.0", verdict=verdict, max_relative=largest, why=why)) == words


def test_the_json_is_of_its_schema() -> None:
    found = rank_report(a_rank([*once(), *again(4, [700.0] * 8)], [AGREES]))
    text = to_json(found)
    assert msgspec.json.decode(text, type=RankReport) == found
    first = json.loads(text)["rows"][0]
    assert (first["device"], first["throughput"], first["rounds"], first["requests"]) == ("GPU.0", 700.0, 9, 8000)


def test_the_table_at_80_columns_and_wider() -> None:
    report = rank_report(a_rank(once(), [AGREES]))
    for width in (80, 100, 160):
        lines = table_lines(report, width)
        assert max(map(len, lines)) <= width
        assert lines[0].split()[:2] == ["device", "hint"]
        p90 = ["22.8"] if width == 160 else []
        assert lines[1].split()[: 5 + len(p90)] == ["GPU.0", "throughput", "812.0", "19.0", *p90, "24.0"]
    narrow, wide = "\n".join(table_lines(report, 80)), "\n".join(table_lines(report, 160))
    assert "handover" not in narrow
    assert "320 ms*" in narrow  # its kernels may be kept
    assert "160 ms " in narrow  # of the CPU nothing is kept
    assert "agree 2e-4" in wide
    assert "refused: NPU: no NPU on this machine" in narrow
    assert "refused, as above" in narrow
    assert wide.splitlines()[2].endswith("GPU.0")  # what AUTO ran on
    assert result_lines(report, 80)[-1] == report.text
    lines = result_lines(report, 80, wrapped=True)
    assert max(map(len, lines)) <= 80
    assert " ".join(lines).endswith(report.text)
    assert any(line.startswith("*: compiled for this device before") for line in lines)


def test_the_agreement_stays_at_80_columns_beside_a_long_name_of_a_device() -> None:
    long = {"device": "AUTO:GPU,CPU", "hint": "throughput"}
    points = [*once()[:4], msgspec.structs.replace(once()[7], values=long)]
    for agrees, cell in ((AGREES, "agree 2e-4"), (msgspec.structs.replace(AGREES, max_relative=0.0), "exact")):
        lines = table_lines(rank_report(a_rank(points, [agrees])), 80)
        assert max(map(len, lines)) <= 80
        assert lines[0].split()[-2:] == ["memory", "agreement"]
        assert lines[1].endswith(f"200 MB {cell}")
        assert lines[2].startswith("AUTO:GPU,CPU throughput ")
        assert lines[3].endswith(" is CPU")


def test_figures_that_are_not_known_are_not_zero() -> None:
    bare = msgspec.structs.replace(rank_point(1, 50.0, 20.0, None), start=None)
    line = table_lines(rank_report(a_rank([bare])), 80)[1]
    assert line.split() == ["CPU", "latency", "50.0", "20.0", "24.0", "–", "–", "–", "–"]


def test_limits_have_a_column() -> None:
    study = a_rank([rank_point(1, 50.0, 20.0, 30.0, outcome="missed"), rank_point(2, 60.0, 9.0, 11.0, outcome="held")])
    settings = msgspec.structs.replace(study.began.settings, slo="p99<20ms")
    study = replace(study, began=msgspec.structs.replace(study.began, settings=settings))
    report = rank_report(study)
    assert [line.split()[-1] for line in table_lines(report, 80)] == ["limits", "held", "MISSED"]
    assert report.text == "fastest: CPU throughput, 60.0/s; least latency: CPU throughput, p99 11.0 ms"


def test_the_fastest_that_holds_is_named_where_another_one_is_faster() -> None:
    points = [rank_point(1, 50.0, 9.0, 11.0, outcome="held"), rank_point(2, 60.0, 20.0, 30.0, outcome="missed")]
    settings = msgspec.structs.replace(a_rank([]).began.settings, slo="p99<20ms")
    study = a_rank(points)
    study.began = msgspec.structs.replace(study.began, settings=settings)
    assert rank_report(study).text == (
        "fastest: CPU throughput, 60.0/s; least latency: CPU latency, p99 11.0 ms; fastest that holds p99<20ms: CPU "
        "latency, 50.0/s"
    )
    study.points = points[1:]
    assert rank_report(study).text.endswith("; none is known to hold p99<20ms")


def test_at_a_rate_that_each_row_keeps_none_is_the_fastest() -> None:
    study = a_rank([rank_point(1, 100.0, 4.0, 4.9), rank_point(3, 100.2, 3.2, 4.2)])
    settings = msgspec.structs.replace(study.began.settings, rate=100.0)
    study.began = msgspec.structs.replace(study.began, settings=settings)
    assert rank_report(study).text == "each keeps the rate, 100.2/s; least latency: GPU.0 latency, p99 4.20 ms"
    study.points.append(rank_point(4, 60.0, 19.0, 24.0, outcome="overload"))
    assert rank_report(study).text.startswith("fastest: GPU.0 latency, 100.2/s (cannot be told from CPU latency); ")


def test_a_queue_that_grows_and_requests_that_fail_are_seen() -> None:
    point = rank_point(1, 50.0, 20.0, 30.0, outcome="overload")
    assert point.figures is not None
    failing = msgspec.structs.replace(point, figures=msgspec.structs.replace(point.figures, errors=7))
    head, line = table_lines(rank_report(a_rank([failing])), 90)
    assert line[head.index("outcome") :].startswith("overloaded")
    assert line[: head.index("errors") + len("errors")].endswith(" 7")


def test_the_document_has_the_table_the_reasons_and_bars() -> None:
    report = rank_report(a_rank(once(), [AGREES]))
    text, page = rank_markdown(report), rank_html(report)
    assert text.startswith("# net.xml on each device\n")
    assert "| GPU.0 | throughput | 812.0 |" in text
    assert "| NPU latency | refused: NPU: no NPU on this machine" in text
    assert page.count("<svg") == 3
    assert page.count("<rect") == 18
    assert page.count('class="bar a"') == 3
    assert "Made by ovtui rank." in page
    assert '<td class="text short">throughput</td>' in page  # its row stays one line high
    assert f'<td class="text">refused: {WHY}</td>' in page


def test_which_devices_are_ranked_and_on_which_it_starts() -> None:
    assert devices_to_rank(["CPU"]) == ["CPU"]
    assert devices_to_rank(["CPU", "GPU.0", "GPU.1"]) == ["CPU", "GPU.0", "GPU.1", "AUTO"]
    assert devices_to_rank([]) == []
    assert starts_on(["GPU", "NPU"]) == ["CPU", "GPU", "NPU"]
    assert starts_on(["AUTO", "CPU"]) == ["CPU", "AUTO"]
