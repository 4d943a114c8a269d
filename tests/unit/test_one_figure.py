"""Every figure on every surface: the dashboard's views, the summary, both reports, the metrics for Prometheus and the
progress line show the numbers of the Result that the JSON writes, with the same text; numpy over the CSV agrees within
the width of a bucket."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import figure_texts as texts
import numpy as np
import pytest
from figure_recordings import MADE, SHIPPED
from figure_texts import count, mismatches, ms, percentiles, rate, seconds, share, unequal
from stage import Stage, on_stage

from ovtui import recordings
from ovtui.cli.progress import Progress
from ovtui.dashboard.drawing.panel import Panel
from ovtui.host.prometheus import PrometheusCollector
from ovtui.metrics.digest import Digest
from ovtui.metrics.judgement.slo import describe_verdict
from ovtui.metrics.number_format import UNKNOWN
from ovtui.metrics.report.html import render_html
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.report.series import ReportSeries
from ovtui.metrics.result.build import build_result, to_json
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.records.export import csv_jsonl
from ovtui.records.session_file.reader import SessionReader
from ovtui.records.session_file.replay import Replay
from ovtui.settings.schema.settings import WarmUpRule

KINDS = ("inference", "service", "response")
BUCKET_SHARE = 0.004
"""How far a percentile may be from the true one: docs/statistics.md."""
SIZE = (220, 60)
"""A terminal in which every panel shows all of its figures."""


@dataclass(frozen=True)
class Session:
    """A recording, read to its end."""

    path: Path
    digest: Digest
    result: dict[str, Any]
    """The JSON."""


def read(path: Path, rule: WarmUpRule | None = None) -> Session:
    digest = Digest()
    for update in updates(path):
        digest.feed(update)
    if rule is not None:
        digest.choose_rule(rule)
    return Session(path, digest, result_of(digest))


def updates(path: Path) -> Iterator[Any]:
    replay = Replay(str(path))
    replay.stop()
    while True:
        update = replay.poll()
        yield update
        if update.finished:
            replay.close()
            return


def result_of(digest: Digest) -> dict[str, Any]:
    return json.loads(to_json(build_result(digest)))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`made(name)`: the path of a recording."""
    folder = tmp_path_factory.mktemp("recordings")

    @cache
    def path_of(name: str) -> Path:
        if name in SHIPPED:
            return Path(recordings.__path__[0]) / f"{name}.ovtui"
        path = folder / f"{name}.ovtui"
        MADE[name](path)
        return path

    return path_of


ALL = pytest.mark.parametrize("name", [*MADE, *SHIPPED])
RULES = pytest.mark.parametrize("rule", [None, "rule", "first", "none"])


# The dashboard


@ALL
def test_the_views_show_the_figures_of_the_result(made: Any, name: str) -> None:
    path = made(name)
    apart = read(path).result
    wrong: list[str] = []

    async def act(stage: Stage) -> None:
        await settle(stage)
        result = result_of(stage.app.digest)
        assert without_text(result) == without_text(apart)
        wrong.extend(await look_at_all(stage, result))
        # Another rule on view 4 holds in all views, and in what is printed at the end.
        await stage.press("4", "u")
        other = result_of(stage.app.digest)
        assert other["warm_up"]["rule"] != result["warm_up"]["rule"]
        wrong.extend(await look_at_all(stage, other))

    play(act, path)
    assert not wrong, "\n".join(wrong)


def play(act: Any, path: Path) -> None:
    on_stage(act, Replay(str(path)), SIZE)  # type: ignore[arg-type]


async def settle(stage: Stage) -> None:
    """To the end of the recording."""
    stage.source.stop()
    for _ in range(2000):
        stage.app.poll()
        if stage.app.digest.snapshot().finished:
            break
    stage.app.poll()
    await stage.pilot.pause()


def without_text(result: dict[str, Any]) -> dict[str, Any]:
    """The figures of a Result; advice and sentences depend on when somebody looked."""
    return {key: value for key, value in result.items() if key not in ("advice", "serving", "steadiness")}


async def look_at_all(stage: Stage, result: dict[str, Any]) -> list[str]:
    wrong: list[str] = []
    live = stage.app.digest.snapshot()
    segment = result["segments"][-1]
    for view, look in (("1", overview), ("3", batches), ("4", distribution), ("5", devices), ("6", history)):
        await stage.press(view)
        wrong += await look(stage, result, segment, live)
    return wrong


def lines_of(stage: Stage, panel: str) -> list[str]:
    (found,) = (each for each in stage.app.screen.query(Panel) if type(each).__name__ == panel)
    return found.render().plain.split("\n") if found.display else []


async def overview(stage: Stage, result: dict[str, Any], segment: dict[str, Any], live: Any) -> list[str]:
    requests = result["requests"]
    expected = {
        "throughput": rate(live.throughput),
        "mean": rate(result["throughput"]),
        "completed": count(requests["completed"]),
        "in flight": count(live.in_flight),
        **{name: count(requests[name]) for name in ("errors", "late", "shed", "lost")},
        **texts.batch_texts(segment["batching"]),
    }
    wrong = [bad for line in lines_of(stage, "FiguresPanel") for bad in mismatches("figures", line, expected)]
    for span, latencies in (("segment", segment["latency_ms"]), ("run", result["latency_ms"])):
        head, *rows = lines_of(stage, "LatencyTable")
        assert ("run" in head) == (span == "run")
        wrong += mismatches("latency table", head, {"seg": count(segment["segment"])})
        for kind, row in zip(KINDS, rows, strict=True):
            shown = percentiles(latencies[kind], "p50", "p90", "p95", "p99", "p999", "max")
            wrong += unequal(f"latency of the {span}", row.split(), [kind, *shown])
        await stage.press("w")
    await stage.press("w", "w", "w")  # the last 60, 10 and 1 s; then the segment again
    wrong += limits(stage, result)
    handover = result["handovers"][-1] if result["handovers"] else {}
    expected = {
        "handover after": seconds(handover.get("since_compile_s")),
        "worst at the switch": ms(handover.get("worst_ms")),
        "stood in": seconds(handover.get("since_compile_s"), 1),
    }
    for line in lines_of(stage, "DeviceLine"):
        sentence = line.partition("▐  ")[2]
        wrong += [bad for bad in mismatches("device", sentence, expected) if "is no figure" not in bad]
    return wrong


def limits(stage: Stage, result: dict[str, Any]) -> list[str]:
    if not result["slo"]:
        return []
    (line,) = lines_of(stage, "SloLine")
    line = re.sub(r" since \d\d:\d\d", "", line)
    wrong = []
    for limit in result["slo"]:
        text = describe_verdict(limit["limit"], limit["met"], limit["value"], limit["unit"], limit["why"])
        if text not in line:
            wrong.append(f"limits: {text!r} is not in {line!r}")
        line = line.replace(text, "")
    return [*wrong, *mismatches("limits", line, {})]


async def batches(stage: Stage, result: dict[str, Any], segment: dict[str, Any], live: Any) -> list[str]:
    expected = {
        **texts.batch_texts(segment["batching"]),
        "": rate(live.throughput),
        "every request ran alone": rate(live.throughput),
        "alone:": rate(live.throughput),
        "segment": count(segment["segment"]),
        "a request": None,
    }
    first, *rest = lines_of(stage, "BatchTotals")
    why_not = segment["batching"]["why_not"] or ""
    first = first.replace(why_not, "")
    return [bad for line in (first, *rest) for bad in mismatches("batches", line, expected)]


async def distribution(stage: Stage, result: dict[str, Any], segment: dict[str, Any], live: Any) -> list[str]:
    load, cut, steadiness = result["load"], result["warm_up"], stage.app.digest.steadiness()
    expected = {
        "response, the segment in force": count(segment["latency_ms"]["response"]["count"]),
        "requests warm-up": count(cut["requests"]),
        "left out, until": seconds(cut["until_s"], 1),
        "steadiness too short to tell": count(steadiness.seconds),
        "of": "20",
    }
    for label, lag in (
        ("sent after due", "schedule_error_ms"),
        ("queued", "queued_ms"),
        ("copied in", "input_copy_ms"),
    ):
        for name in ("p50", "p99"):
            expected[f"{label} {name}"] = ms((load[lag] or {}).get(name))
            expected[f"input {label} {name}"] = expected[f"{label} {name}"]
    wrong = []
    for line in lines_of(stage, "DistributionFacts"):
        if not steadiness.findings or line.startswith(" response"):
            wrong += mismatches("distribution facts", line.replace("steadiness steady", ""), expected)
    wrong += chart_labels(stage, {f"segment {segment['segment']}": segment})
    await stage.press("c")
    wrong += chart_labels(stage, {part["device"]: part for part in segment["devices"]})
    await stage.press("c", "c", "c")
    return wrong


def chart_labels(stage: Stage, groups: dict[str, dict[str, Any]]) -> list[str]:
    """Each group of the histogram carries its name, count, median and 99th percentile."""
    chart = stage.app.screen.query_one("#bars")
    drawn = "\n".join(chart.render_line(y).text for y in range(chart.size.height))
    wrong = []
    for name, group in groups.items():
        latency = group["latency_ms"]["response"]
        parts = [name, count(latency["count"])]
        parts += [f"{q} {ms(latency[q])}" for q in ("p50", "p99") if latency[q] is not None]
        text = "  ".join([name, *parts[1:]])
        if latency["count"] and f" {text} " not in drawn:
            wrong.append(f"histogram: no label {text!r}")
    return wrong


async def devices(stage: Stage, result: dict[str, Any], segment: dict[str, Any], live: Any) -> list[str]:
    head, *rows = lines_of(stage, "PhaseTable")
    assert re.split(r"\s{2,}", head.strip()) == [
        *("BY DEVICE", "requests", "share", "inf p50", "inf p99", "resp p50", "resp p99", "resp max")
    ]
    wrong = []
    whole = sum(each["requests"] for each in result["by_device"].values())
    shown = sorted(result["by_device"].items(), key=lambda item: -item[1]["requests"])[:4]
    for name, device in ((name, device) for name, device in result["by_device"].items() if (name, device) in shown):
        row, *rows = rows
        cells = [count(device["requests"]), share(device["requests"], whole), "%", *phase_cells(device["latency_ms"])]
        wrong += unequal("by device", row.split(), [*name.split(), *cells])
    if result["handovers"] and result["handovers"][-1]["phases"] is not None:
        handover = result["handovers"][-1]
        switch, *rows = rows
        expected = {
            "worst": ms(handover["worst_ms"]),
            "glitch": ms(handover["glitch_ms"]),
            "settled after": seconds(None if handover["settled_ms"] is None else handover["settled_ms"] / 1e3),
        }
        wrong += mismatches("switch", switch.partition("worst")[1] + switch.partition("worst")[2], expected)
        for name in ("before", "during", "after"):
            row, *rows = rows
            phase = handover["phases"][name]
            per_s = UNKNOWN if phase["throughput"] is None else f"{rate(phase['throughput'])}/s"
            cells = [count(phase["requests"]), per_s, *phase_cells(phase["latency_ms"])]
            wrong += unequal(f"phase {name}", row.split()[: len(cells) + 1], [name, *cells])
    assert not [row for row in rows if re.search(r"\d", row)]
    for _ in range(4):
        if "engine 1," in lines_of(stage, "StartupPanel")[0]:
            break
        await stage.press("e")
    startup = result["startup"]
    moments = {
        "first inference": startup["first_inference_ms"],
        "handover": startup["device_changed_at_ms"],
        f"first by {startup['accelerator']}": startup["accelerator_served_at_ms"],
        "compile failed": startup["accelerator_failed_at_ms"],
        "(CPU) released": startup["stand_in_released_at_ms"],
    }
    expected = {name: seconds(None if at is None else at / 1e3) for name, at in moments.items()}
    return [*wrong, *mismatches("start-up", lines_of(stage, "StartupPanel")[-1], expected)]


def phase_cells(latencies: dict[str, Any]) -> list[str]:
    return [
        *percentiles(latencies["inference"], "p50", "p99"),
        *percentiles(latencies["response"], "p50", "p99", "max"),
    ]


async def history(stage: Stage, result: dict[str, Any], segment: dict[str, Any], live: Any) -> list[str]:
    rows = [line for line in lines_of(stage, "SegmentList")[3:] if line.strip()]
    wrong = []
    for segment in result["segments"]:
        first_s = segment["first_inference_s"]
        for at, part in enumerate(segment["devices"]):
            row, *rows = rows
            name = part["device"]
            cells = [
                *name.split(),
                count(part["requests"]),
                rate(part["throughput"]),
                *percentiles(part["latency_ms"]["inference"], "p50", "p99"),
                *percentiles(part["latency_ms"]["response"], "p50", "p99"),
                seconds(first_s if at == 0 else None),
                seconds(part["handover_s"]),
            ]
            shown = row.split()
            wrong += unequal(f"segment {segment['segment']}", shown[-len(cells) :], cells)
            if at == 0 and shown[0] != str(segment["segment"]):
                wrong.append(f"segment {segment['segment']} is numbered {shown[0]}")
        if not segment["devices"]:
            rows = rows[1:]
    return [*wrong, *(f"a row that is no segment's: {row}" for row in rows)]


# Text


@ALL
@RULES
def test_the_summary_shows_the_figures_of_the_result(made: Any, name: str, rule: WarmUpRule | None) -> None:
    session = read(made(name), rule)
    result, wrong = session.result, list[str]()
    entries = list(entries_of(summary_lines(build_result(session.digest))))
    for label, text in entries:
        if label in KINDS:
            shown = percentiles(result["latency_ms"][label], "p50", "p90", "p95", "p99", "p999", "max")
            wrong += unequal(f"summary, {label}", text.split(), shown)
        elif label not in ("model", "device", "latency ms", "advice", "slo"):
            wrong += summary_entry(label, text, result)
    sentences = [
        describe_verdict(limit["limit"], limit["met"], limit["value"], limit["unit"], limit["why"])
        for limit in result["slo"]
    ]
    assert [text for label, text in entries if label == "slo"] == ([" ".join(sentences)] if sentences else [])
    assert not wrong, "\n".join(wrong)


def entries_of(lines: list[str]) -> Iterator[tuple[str, str]]:
    """(label, text) of each entry of a summary, its lines joined."""
    label, parts = "", list[str]()
    for line in [*lines, "end"]:
        if line[:1].strip() and not line.startswith("("):
            if parts:
                yield label, " ".join(" ".join(parts).split())
            label, parts = line[:12].strip(), [line[13:]]
        elif line.strip():
            parts.append(line)


def summary_entry(label: str, text: str, result: dict[str, Any]) -> list[str]:
    where, requests, load = f"summary, {label}", result["requests"], result["load"]
    match label.split()[0]:
        case "requests":
            words = {"never came back": "abandoned", "still waited at the end": "unsent"}
            found = re.findall(r"([\d,]+) ((?:still |never )?[a-z]+(?: at the end| back)?)", text)
            names = [words.get(word, word) for _, word in found]
            return unequal(where, [number for number, _ in found], [count(requests[name]) for name in names])
        case "throughput":
            return mismatches(where, text, {"": rate(result["throughput"])})
        case "left":
            cut = result["warm_up"]
            texts_of = {"": count(cut["requests"]), "until the median was steady": seconds(cut["until_s"], 1)}
            head, _, rest = text.partition(" of warm-up: ")
            return mismatches(where, head, texts_of) + mismatches(where, rest.replace("within 10 s", ""), texts_of)
        case "load":
            expected = {}
            for words, lag in (
                ("sent after they were due", load["schedule_error_ms"]),
                ("more waited for an idle infer request", load["queued_ms"]),
                ("filling in each input, apart from the inference", load["input_copy_ms"]),
            ):
                expected |= {f"{words}: {name}": ms((lag or {}).get(name)) for name in ("p50", "p99", "max")}
            queued = re.search(r"ms ([\d,]+) more waited", text)
            wrong = unequal(where, [queued[1]], [count(load["queued_ms"]["count"])]) if queued else []
            lags = re.split(r"(?<=ms) (?:[\d,]+ )?(?=more|filling)|(?<=\d s) (?=sent|filling)", text)
            wrong += unequal(where, [lags[0].rpartition(" for ")[2]], [f"{seconds(result['duration_s'], 1)} s"])
            return [*wrong, *(bad for part in lags[1:] for bad in mismatches(where, part, expected))]
        case "by":
            whole = sum(each["requests"] for each in result["by_device"].values())
            rows = re.findall(r"(one of|\S+): ([\d,]+) \((\S+) %\), inference p50 (\S+) p99 (\S+) ms", text)
            expected_rows = [
                (name, count(each["requests"]), share(each["requests"], whole),
                 *percentiles(each["latency_ms"]["inference"], "p50", "p99"))
                for name, each in result["by_device"].items()
            ]  # fmt: skip
            return unequal(where, [" ".join(row) for row in rows], [" ".join(row) for row in expected_rows])
        case "batching":
            batching = result["batching"]
            if batching["why_not"] or text.startswith("none"):
                return []
            found = re.match(r"(\S+) a batch, ([\d,]+) batch(?:es)?: |no batch of (\S+) ran: ", text)
            assert found is not None or text.startswith(UNKNOWN), text
            shares = texts.batch_texts(batching)
            expected = {"full": shares["full"], "timer": shares["timer"], "alone": shares["alone"],
                        "stand-in's": count(batching["stood_in"])}  # fmt: skip
            wrong = (
                mismatches(where, text[found.end() :].replace("the stand-in's", "stand-in's"), expected)
                if found
                else []
            )
            if found and found[1]:
                wrong += unequal(where, [found[1], found[2]], [count(batching["size"]), count(batching["batches"])])
            return wrong
        case "waited":
            shares = texts.batch_texts(result["batching"])
            expected = {f"first of a batch {name}": shares[f"first waited {name}"] for name in ("p50", "p99", "max")}
            costs = dict.fromkeys(("costs", ""), shares["costs"])
            return mismatches(where, text.replace("; ≈", "; costs").replace("; ≤", "; costs"), expected | costs)
        case "handover":
            [handover] = [h for h in result["handovers"] if f"{h['since_compile_s']:.2f} s after" in text][:1]
            phases, settled = handover["phases"] or {}, handover["settled_ms"]
            expected = {
                "worst response at the switch": ms(handover["worst_ms"]),
                "settled": seconds(None if settled is None else settled / 1e3),
            }
            for name in ("before", "after"):
                latency = phases[name]["latency_ms"]["response"] if phases else {}
                expected |= {f"{name} {q}": ms(latency.get(q)) for q in ("p50", "p99")}
                expected[f"after it {name} p50"] = expected[f"{name} p50"]
                expected[f"after it {name} p99"] = expected[f"{name} p99"]
                expected[f"latency had not settled at the end {name} p50"] = expected[f"{name} p50"]
                expected[f"latency had not settled at the end {name} p99"] = expected[f"{name} p99"]
            text = text.partition("the compile began")[2].replace("s after it", "s; after it")
            return mismatches(where, text, expected)
        case "segment":
            segment = next(each for each in result["segments"] if str(each["segment"]) == label.split()[1])
            found = re.search(r": ([\d,]+) completed, (\S+) /s, response p50 (\S+) p99 (\S+) ms$", text)
            assert found is not None, text
            latency = percentiles(segment["latency_ms"]["response"], "p50", "p99")
            return unequal(where, found.groups(), [count(segment["completed"]), rate(segment["throughput"]), *latency])
    return [f"{where}: an entry that the test does not know: {text}"]


class Tables(HTMLParser):
    """The tables of a page under the heading before each."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[list[str]]] = {}
        self._title, self._cell, self._in_title = "", None, False
        self.feed(page)

    def handle_starttag(self, tag: str, _: Any) -> None:
        if tag in ("h1", "h2"):
            self._title, self._in_title = "", True
        elif tag == "tr":
            self.found.setdefault(self._title, []).append([])
        elif tag in ("td", "th"):
            self.found[self._title][-1].append("")
            self._cell = self.found[self._title][-1]

    def handle_endtag(self, tag: str) -> None:
        self._in_title = self._in_title and tag not in ("h1", "h2")
        if tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self._title += data
        elif self._cell is not None:
            self._cell[-1] += data


def markdown_tables(text: str) -> dict[str, list[list[str]]]:
    """By the heading before each; as Tables.found."""
    found: dict[str, list[list[str]]] = {}
    title = ""
    for line in text.splitlines():
        if line.startswith("#"):
            title = line.lstrip("# ")
        elif line.startswith("|"):
            cells = [re.sub(r"\\(.)", r"\1", cell) for cell in line[2:-2].split(" | ")]
            if set(cells) != {"---"} and any(cells):
                found.setdefault(title, []).append(cells)
    return found


@ALL
@RULES
def test_both_reports_show_the_figures_of_the_result(made: Any, name: str, rule: WarmUpRule | None) -> None:
    session = read(made(name), rule)
    report = build_report(build_result(session.digest), {"command": "ovtui run"})
    series = ReportSeries(Replay(str(session.path)).end_ns)
    for update in updates(session.path):
        series.add(update.records)
    markdown = render_markdown(report)
    tables = Tables(render_html(report, series, session.digest.run.histogram("response"))).found
    in_markdown = markdown_tables(markdown)
    assert list(in_markdown.values())[1:] == list(tables.values())[1:]
    assert markdown.split("```")[1].strip().splitlines() == summary_lines(build_result(session.digest))
    result, wrong = session.result, list[str]()
    columns = ("p50", "p90", "p95", "p99", "p999", "max", "mean")
    for kind, row in zip(KINDS, tables.pop("Latency")[1:], strict=True):
        latency = result["latency_ms"][kind]
        wrong += unequal("report, latency", row, [kind, *percentiles(latency, *columns), count(latency["count"])])
    whole = sum(each["requests"] for each in result["by_device"].values())
    for (name, device), row in zip(result["by_device"].items(), tables.pop("By device", [[]])[1:], strict=True):
        latency = percentiles(device["latency_ms"]["response"], *columns)
        part = f"{count(device['requests'])} ({share(device['requests'], whole)} %)"
        wrong += unequal("report, by device", row, [f"{name}, response", *latency, part])
    if "Batches" in tables:
        batching = result["batching"]
        counts = [count(batching[name]) for name in ("size", "batches", "batched", "timed_out", "single")]
        full = f"{texts.batch_texts(batching)['full']} %"
        wrong += unequal("report, batches", tables.pop("Batches")[1], [*counts, full])
    if len(result["segments"]) > 1:
        for segment, row in zip(result["segments"], tables.pop("Segments")[1:], strict=True):
            figures = [count(segment["completed"]), rate(segment["throughput"])]
            figures += percentiles(segment["latency_ms"]["response"], "p50", "p99")
            wrong += unequal("report, segments", [row[0], *row[3:]], [str(segment["segment"]), *figures])
    facts = dict(tables.pop(report.title))
    requests = result["requests"]
    lost = f", {count(requests['lost'])} of them not recorded" if requests["lost"] else ""
    of = count(requests["submitted"])
    if requests["due"] > requests["submitted"]:
        of = f"{count(requests['due'])} due"
    assert facts["requests"] == (
        f"{count(requests['completed'])} of {of} completed{lost}, "
        f"{count(requests['errors'])} errors, {count(requests['late'])} late"
    )
    assert facts["throughput"] == f"{rate(result['throughput'])} /s over {seconds(result['duration_s'], 1)} s"
    assert set(tables) <= {"Advice", "What happened", "Machine", "Settings"}, "a section that the test does not know"
    assert not wrong, "\n".join(wrong)


@ALL
def test_the_progress_line_and_the_metrics_show_the_figures_of_the_result(made: Any, name: str) -> None:
    session = read(made(name))
    result, requests, live = session.result, session.result["requests"], session.digest.snapshot()
    written = io.StringIO()
    Progress(written)._progress(session.digest, "CPU")
    found = re.search(r"([\d.]+) s +(\S+) completed +(\S+)/s +p50 (\S+) ms +errors (\S+)", written.getvalue())
    assert found is not None
    assert list(found.groups()) == [
        f"{result['duration_s']:.1f}", count(requests["completed"]), rate(live.throughput),
        ms(result["latency_ms"]["inference"]["p50"]), str(requests["errors"]),
    ]  # fmt: skip
    collector = PrometheusCollector()
    for update in updates(session.path):
        collector._digest.feed(update)
    families = {family.name: family.samples for family in collector.collect()}
    for metric, counted in {
        "submitted": "submitted", "completed": "completed", "failed": "errors", "late": "late", "shed": "shed",
        "unsent": "unsent",
    }.items():  # fmt: skip
        assert [sample.value for sample in families[f"ovtui_requests_{metric}"]] == [requests[counted]]
    assert families["ovtui_handovers"][0].value == len(result["handovers"])
    assert families["ovtui_batches"][0].value == (result["batching"]["batches"] or 0)
    seen = set()
    for sample in families["ovtui_request_latency_seconds"]:
        latency = result["by_device"][sample.labels["device"]]["latency_ms"][sample.labels["latency"]]
        if sample.name.endswith("_count"):
            assert sample.value == latency["count"]
            seen.add(sample.labels["device"])
        elif sample.name.endswith("_sum"):
            assert sample.value * 1e3 == pytest.approx(
                (latency["mean"] or 0) * latency["count"], abs=1e-6 * latency["count"] + 1e-9
            )
    assert seen == set(result["by_device"])


# The CSV


@ALL
@RULES
def test_numpy_over_the_csv_agrees_with_the_result(made: Any, name: str, rule: WarmUpRule | None) -> None:
    session = read(made(name), rule)
    result = session.result
    rows = csv_of(session.path)
    assert len(rows["seq"]) == result["requests"]["completed"] - result["requests"]["lost"]
    assert np.count_nonzero(rows["flags"] & 2) == result["requests"]["errors"]
    assert np.count_nonzero(rows["flags"] & 16) == result["requests"]["late"]
    succeeded = np.count_nonzero(rows["flags"] & 2 == 0)
    assert result["latency_ms"]["response"]["count"] == succeeded - result["warm_up"]["requests"]
    kept = counted(rows, session)
    agree(result["latency_ms"], rows, kept)
    for segment in result["segments"]:
        here = rows["segment"] == segment["segment"]
        assert np.count_nonzero(here) == segment["completed"]
        agree(segment["latency_ms"], rows, kept & here)
        for part in segment["devices"]:
            agree(part["latency_ms"], rows, kept & here & (rows["device"] == csv_name(part["device"])))
    for device, figures in result["by_device"].items():
        here = rows["device"] == csv_name(device)
        assert np.count_nonzero(here) == figures["requests"]
        agree(figures["latency_ms"], rows, kept & here)


def csv_name(key: str) -> str:
    return {"unknown": UNKNOWN}.get(key, key)


def csv_of(path: Path) -> dict[str, Any]:
    """Its columns as arrays."""
    table = list(csv.reader(io.StringIO("".join(csv_jsonl.csv_lines(SessionReader(str(path)))))))
    columns = dict(zip(table[0], zip(*table[1:], strict=True), strict=True))
    numbers = {name: np.array(cells, np.float64 if name.endswith("_ms") else np.int64)
               for name, cells in columns.items() if name not in ("device", "state")}  # fmt: skip
    return {**numbers, "device": np.array(columns["device"])}


def counted(rows: dict[str, Any], session: Session) -> Any:
    """Which requests count under the rule in force, as docs/statistics.md has it."""
    result = session.result
    rule, flags = result["warm_up"]["rule"], rows["flags"]
    if rule == "none":
        return flags & 2 == 0
    kept = flags & 3 == 0
    if rule == "first":
        return kept
    first_segments = {segment["engine"]: segment for segment in reversed(result["segments"])}
    for engine, first in first_segments.items():
        warm_up = session.digest._breakdowns.warm_ups[engine]  # the result has the end of the last engine's alone
        if not warm_up.steady:
            continue
        of_engine = np.isin(rows["segment"], [s["segment"] for s in result["segments"] if s["engine"] == engine])
        pool = (rows["seq"] < first["first_seq"] + first["nireq"]) & (rows["submit_ns"] <= warm_up.began_ns + 1e8)
        kept = kept & ~(of_engine & (pool | (rows["done_ns"] < (warm_up.until_ns or 0))))
    return kept


def agree(latencies: dict[str, Any], rows: dict[str, Any], kept: Any) -> None:
    for kind in KINDS:
        values, latency = rows[f"{kind}_ms"][kept], latencies[kind]
        assert latency["count"] == len(values)
        if not len(values):
            continue
        assert (latency["min"], latency["max"]) == (values.min(), values.max())
        assert latency["mean"] == pytest.approx(values.mean(), abs=2e-6)
        for name, q in (("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99), ("p999", 99.9)):
            if latency[name] is not None:
                nearest = math.ceil(q * len(values) / 100 - 1e-9)
                assert latency[name] == pytest.approx(np.sort(values)[nearest - 1], rel=BUCKET_SHARE)


def test_the_key_on_the_dashboard_writes_what_the_export_writes(
    made: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = made("errors")

    async def act(stage: Stage) -> None:
        await settle(stage)
        await stage.press("2", "W")
        await stage.app.workers.wait_for_complete()

    play(act, path)
    (written,) = tmp_path.glob("*.csv")
    assert written.read_text(encoding="utf-8") == "".join(csv_jsonl.csv_lines(SessionReader(str(path))))


# The one place


def test_nothing_but_the_digest_makes_figures_of_a_tally() -> None:
    """A Tally needs to be told the warm-up rule; the Digest hands out figures under the one that is in force."""
    package = Path(recordings.__path__[0]).parent
    importers = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if re.search(r"metrics\.groups(\.tally)? import .*\b[Tt]ally\b", path.read_text(encoding="utf-8"))
    }
    assert importers == {"metrics/digest.py", "metrics/groups/breakdowns.py", "metrics/groups/group_figures.py"}
