"""The summary, both reports, the progress line and the metrics for Prometheus show the figures of the Result that the
JSON writes, with the same text."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import figure_texts as texts
import msgspec
import pytest
from figure_sessions import ALL, KINDS, RULES, read, updates
from figure_texts import count, mismatches, ms, percentiles, rate, seconds, share, unequal

from ovtui.cli.progress import Progress
from ovtui.host.prometheus import PrometheusCollector
from ovtui.metrics import number_format
from ovtui.metrics.limits.verdicts import describe_verdict, limit_name
from ovtui.metrics.number_format import UNKNOWN
from ovtui.metrics.report.html import render_html
from ovtui.metrics.report.markdown import render_markdown
from ovtui.metrics.report.report import build_report
from ovtui.metrics.report.series import ReportSeries
from ovtui.metrics.result.build import build_result
from ovtui.metrics.result.schema import Result
from ovtui.metrics.result.served_by import served_by_text
from ovtui.metrics.result.summary_text import summary_lines
from ovtui.metrics.session.failures import failed_text, failure_sentence
from ovtui.records.session_file.replay import Replay
from ovtui.settings.schema.settings import WarmUpRule


def verdict_of(limit: dict[str, Any]) -> str:
    name = limit_name(limit["limit"], is_default=limit["default"])
    return describe_verdict(name, limit["verdict"], limit["value"], limit["unit"], limit["why"])


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
        elif label not in ("model", "device", "latency ms", "all devices", "advice", "slo"):
            wrong += summary_entry(label, text, result)
    sentences = [verdict_of(limit) for limit in result["slo"]]
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
            words = {
                "out of order": "out_of_order",
            }
            found = re.findall(r"([\d,]+) ([a-z]+(?: of order)?)", text)
            names = [words.get(word, word) for _, word in found]
            failed = failed_text(requests["error_share"])
            wrong = [] if text.startswith(f"{failed}: " if failed else "") else [f"{where}: no share of errors: {text}"]
            return wrong + unequal(where, [number for number, _ in found], [count(requests[name]) for name in names])
        case "recording":
            return [] if text == result["recording"]["text"] else [f"{where}: {text!r}"]
        case "errors":
            expected = f"{number_format.share(requests['error_share'])} of requests failed"
            return [] if text.startswith(expected) else [f"{where}: {text!r} is not {expected!r}"]
        case "throughput":
            return mismatches(where, text, throughput_texts(result))
        case "left":
            cut = result["warm_up"]
            texts_of = {"": count(cut["requests"]), "until the median was steady": seconds(cut["until_s"], 1)}
            head, _, rest = text.partition(" of warm-up: ")
            return mismatches(where, head, texts_of) + mismatches(where, rest.replace("within 10 s", ""), texts_of)
        case "load":
            expected = {}
            for words, lag in (
                ("sent after due, open loops", load["schedule_error_ms"]),
                ("more waited for an idle infer request", load["queued_ms"]),
                ("resetting the state before a request", load["state_reset_ms"]),
                ("filling in each input, apart from the inference", load["input_copy_ms"]),
            ):
                expected |= {f"{words}: {name}": ms((lag or {}).get(name)) for name in ("p50", "p99", "max")}
            queued = re.search(r"ms ([\d,]+) more waited", text)
            wrong = unequal(where, [queued[1]], [count(load["queued_ms"]["count"])]) if queued else []
            lags = re.split(
                r"(?<=ms) (?:[\d,]+ )?(?=more|resetting|filling)|(?<=\d s) (?=sent|resetting|filling)", text
            )
            wrong += unequal(where, [lags[0].rpartition(" for ")[2]], [f"{seconds(result['duration_s'], 1)} s"])
            return [*wrong, *(bad for part in lags[1:] for bad in mismatches(where, part, expected))]
        case "input":
            return unequal(where, [text], [texts.preparation_texts(result["model"])])
        case "expected":
            return unequal(where, [text], [texts.expectation_of(result)])
        case "state":
            state = result["state"]
            expected = texts.state_texts(state, state["tokens_per_s"], result["settings"]["state"])
            return mismatches(where, text.replace("stateful: ", "stateful "), expected)
        case "by" if label == "by shape":
            form = r"(\S+): ([\d,]+) \((\S+) %\)(?:, ([\d,]+) failed)?, inference p50 (\S+) p99 (\S+) first (\S+) ms"
            expected_rows = [
                (each["shape"], count(each["requests"]), number_format.share(each["share"]).removesuffix(" %"),
                 count(each["errors"]) if each["errors"] else "",
                 *percentiles(each["latency_ms"]["inference"], "p50", "p99"), ms(each["first_ms"]))
                for each in result["by_shape"]
            ]  # fmt: skip
            return unequal(
                where, [" ".join(row) for row in re.findall(form, text)], [" ".join(row) for row in expected_rows]
            )
        case "by":
            whole = sum(each["requests"] for each in result["by_device"].values())
            made = msgspec.convert(result, Result)
            form = r"(one of [^:]+|\S+): ([\d,]+) \((\S+) %\)(?:, ([\d,]+) failed)?, (\S+) /s, "
            form += r"inference p50 (\S+) p99 (\S+) ms"
            rows = re.findall(form + r"(?:, full (\S+) %, waited (\S+) ms)?", text)
            expected_rows = [
                (served_by_text(name, made), count(each["requests"]), share(each["requests"], whole),
                 count(each["errors"]) if each["errors"] else "", rate(each["throughput"]),
                 *percentiles(each["latency_ms"]["inference"], "p50", "p99"), *device_batching(each["batching"]))
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
                        "full but held until the timer": shares["held"],
                        "stand-in's": count(batching["stood_in"])}  # fmt: skip
            assert (batching["shortfall"] or "") in text
            text = text.partition("; the batch probe costs")[0].replace(f"; {batching['shortfall']}", "")
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
            held = result["batching"]["held"]
            costs |= {"held batches": count(held["batches"]), "their requests": ms(held["wait_ms"])} if held else {}
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
        case "energy":
            shown = texts.source_texts(result["energy"])
            idle = "".join(
                f" {number_format.watts(watts)}"
                for watts in ((result["energy"]["idle"] or {}).get("watts") or {}).values()
            )
            rest = text
            for expected_text in shown:
                if not rest.startswith(expected_text):
                    return [f"{where}: {rest!r} does not begin with {expected_text!r}"]
                rest = rest.removeprefix(expected_text).lstrip()
            said = "".join(f" {found}" for found in re.findall(r"[\d.]+ W", rest))
            return [] if said == idle else [f"{where}: {rest!r} has not the idle watts {idle!r}"]
        case "disturbed":
            in_load = sorted((e for e in result["disturbances"] if e["load_s"] > 0), key=lambda e: -e["load_s"])
            return [] if text == " ".join(each["text"] for each in in_load) else [f"{where}: {text!r}"]
        case "segment":
            segment = next(each for each in result["segments"] if str(each["segment"]) == label.split()[1])
            failed = failed_text(segment["error_share"])
            if (f": {failed}; " in text) is not bool(failed):
                return [f"{where}: the share of errors is not {failed!r}: {text}"]
            found = re.search(r"[:;] ([\d,]+) completed, (\S+) /s, response p50 (\S+) p99 (\S+) ms$", text)
            assert found is not None, text
            latency = percentiles(segment["latency_ms"]["response"], "p50", "p99")
            return unequal(where, found.groups(), [count(segment["completed"]), rate(segment["throughput"]), *latency])
    return [f"{where}: an entry that the test does not know: {text}"]


def throughput_texts(result: dict[str, Any]) -> dict[str, str]:
    """By the labels of the line: '600.0 /s = 1,200.0 items/s, 2 a request'."""
    return {
        "": rate(result["throughput"]),
        "=": rate(result["items_per_s"]),
        "items/s": number_format.items(result["items_per_request"]),
    }


def device_batching(batching: dict[str, Any]) -> list[str]:
    """The share of full batches and the mean wait of a device that batches."""
    if not (batching["batched"] or 0) + (batching["timed_out"] or 0):
        return ["", ""]
    return [texts.batch_texts(batching)["full"], ms(batching["waiting_cost_ms"])]


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
        part += f", {count(device['errors'])} failed" if device["errors"] else ""
        shown = f"{served_by_text(name, build_result(session.digest))}, response"
        wrong += unequal("report, by device", row, [shown, *latency, part])
    shapes = result["by_shape"] if len(result["by_shape"]) > 1 else []
    for each, row in zip(shapes, tables.pop("By data shape", [[]])[1:], strict=True):
        latency = percentiles(each["latency_ms"]["inference"], *columns)
        part = f"{count(each['requests'])} ({number_format.share(each['share'])})"
        part += f", {count(each['errors'])} failed" if each["errors"] else ""
        wrong += unequal("report, by shape", row, [f"{each['shape']}, inference", *latency, ms(each["first_ms"]), part])
    if "Batches" in tables:
        batching = result["batching"]
        counts = [count(batching[name]) for name in ("size", "batches", "batched", "timed_out", "single")]
        counts.insert(3, count(batching["held"]["requests"]))
        full = f"{share(batching['batched'], texts.known(batching))} %"
        sizes = [count(batching[name]) for name in ("known", "deduced", "unknown")]
        wrong += unequal("report, batches", tables.pop("Batches")[1], [*counts, full, *sizes])
    if len(result["segments"]) > 1:
        for segment, row in zip(result["segments"], tables.pop("Segments")[1:], strict=True):
            figures = [count(segment["completed"]), number_format.share(segment["error_share"])]
            figures.append(rate(segment["throughput"]))
            figures += percentiles(segment["latency_ms"]["response"], "p50", "p99")
            wrong += unequal("report, segments", [row[0], *row[3:]], [str(segment["segment"]), *figures])
    for limit, row in zip(result["slo"], tables.pop("Limits", [[]])[1:], strict=True):
        if verdict_of(limit) != f"{row[0]} {row[1]}: {row[2]}":
            wrong.append(f"report, limits: {row}")
    sources = (result["energy"] or {"sources": {}})["sources"].values()
    read_ones = [source for source in sources if source is not None]
    for source, row in zip(read_ones, tables.pop("Energy", [[]])[1:], strict=True):
        each = ("joules_per_inference", "joules_per_item", "joules_per_inference_above_idle")
        joules = [number_format.joules(source[name]) for name in each]
        figures = [number_format.watts(source["watts"]), *joules, number_format.watts(source["idle_watts"])]
        wrong += unequal("report, energy", row[1:], [*figures, number_format.share(source["coverage"])])
    disturbed = [
        [number_format.session_time(round(each["since_s"] * 1e9), 1), each["text"]] for each in result["disturbances"]
    ]
    assert tables.pop("Disturbances", [[], *disturbed])[1:] == disturbed
    facts = dict(tables.pop(report.title))
    requests = result["requests"]
    failed = failure_sentence(requests["error_share"], requests["error_reasons"])
    assert facts.get("errors", "") == failed
    lost = f", {count(requests['lost'])} of them not recorded" if requests["lost"] else ""
    of = count(requests["submitted"])
    if requests["due"] > requests["submitted"]:
        of = f"{count(requests['due'])} due"
    missing = "".join(f", {count(requests[n])} {n}" for n in ("shed", "unsent", "unfinished") if requests[n])
    assert facts["requests"] == (
        f"{count(requests['completed'])} of {of} completed{lost}, "
        f"{count(requests['errors'])} errors, {count(requests['late'])} late{missing}"
    )
    state = result["state"]
    assert (state is None) == ("state" not in facts)
    if state is not None:
        expected = texts.state_texts(state, state["tokens_per_s"], result["settings"]["state"])
        wrong += mismatches("report, state", facts["state"].replace("stateful: ", "stateful "), expected)
    per_s, _, over = facts["throughput"].partition(" over ")
    wrong += mismatches("report, throughput", per_s, throughput_texts(result))
    assert over == f"{seconds(result['duration_s'], 1)} s"
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
    failed = failed_text(requests["error_share"])
    assert written.getvalue().startswith(f"{failed}  " if failed else " ")
    assert list(found.groups()) == [
        f"{result['duration_s']:.1f}", count(requests["completed"]), rate(live.throughput),
        ms((live.segment_latency if live.in_force_device else live.latency)["inference"].p50), str(requests["errors"]),
    ]  # fmt: skip
    collector = PrometheusCollector()
    for update in updates(session.path):
        collector._digest.feed(update)
    families = {family.name: family.samples for family in collector.collect()}
    for metric, counted in {
        "submitted": "submitted", "completed": "completed", "failed": "errors", "late": "late", "shed": "shed",
        "unsent": "unsent", "out_of_order": "out_of_order",
    }.items():  # fmt: skip
        assert [sample.value for sample in families[f"ovtui_requests_{metric}"]] == [requests[counted]]
    assert families["ovtui_handovers"][0].value == len(result["handovers"])
    assert families["ovtui_batches"][0].value == (result["batching"]["batches"] or 0)
    known = {key: each for key, each in (result["energy"] or {"sources": {}})["sources"].items() if each is not None}
    for family, figure in (("ovtui_load_watts", "watts"), ("ovtui_joules_per_inference", "joules_per_inference")):
        scraped = {sample.labels["source"]: sample.value for sample in families[family]}
        assert scraped == {key: each[figure] for key, each in known.items() if each[figure] is not None}
    held = result["batching"]["held"] or {"batches": 0, "requests": 0}
    assert families["ovtui_batches_held"][0].value == held["batches"]
    how = {sample.labels["how"]: sample.value for sample in families["ovtui_batching_requests"]}
    assert how["held"] == held["requests"]
    assert how["batched"] + how["held"] == (result["batching"]["batched"] or 0)
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
