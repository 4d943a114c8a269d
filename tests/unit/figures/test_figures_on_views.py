"""Every figure of the dashboard's views is a figure of the Result that the JSON writes, with the same text."""

from __future__ import annotations

import re
from typing import Any

import figure_texts as texts
from figure_sessions import ALL, KINDS, play, read, result_of, settle
from figure_texts import count, mismatches, ms, percentiles, rate, seconds, share, unequal
from stage import Stage

from ovtui.dashboard.drawing.panel import Panel
from ovtui.metrics import number_format
from ovtui.metrics.latency.schedule_lag import unkept_schedule_text
from ovtui.metrics.limits.verdicts import describe_verdict, limit_name
from ovtui.metrics.session.failures import failed_text


@ALL
def test_the_views_show_the_figures_of_the_result(made: Any, name: str) -> None:
    path = made(name)
    apart = read(path).result
    wrong: list[str] = []

    async def act(stage: Stage) -> None:
        await settle(stage)
        result = result_of(stage.app.digest)
        played, read_whole = without_text(result), without_text(apart)
        assert {key: played[key] for key in played if played[key] != read_whole[key]} == {}
        wrong.extend(await look_at_all(stage, result))
        # Another rule on view 4 holds in all views, and in what is printed at the end.
        await stage.press("4", "u")
        other = result_of(stage.app.digest)
        assert other["warm_up"]["rule"] != result["warm_up"]["rule"]
        wrong.extend(await look_at_all(stage, other))

    play(act, path)
    assert not wrong, "\n".join(wrong)


def without_text(result: dict[str, Any]) -> dict[str, Any]:
    """The figures of a Result. Advice and sentences depend on when somebody looked, and so does since when a limit is
    met: limits are checked once a second, at the updates that come then."""
    figures = {key: value for key, value in result.items() if key not in ("advice", "serving", "steadiness")}
    figures["slo"] = [{key: limit[key] for key in limit if key != "since_s"} for limit in result["slo"]]
    return figures


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
    requests, now = result["requests"], in_force(segment, live)
    expected = {
        "throughput": rate(live.throughput),
        "mean": rate(result["throughput"]),
        f"on {live.in_force_device}": rate(now["throughput"]),
        "completed": count(requests["completed"]),
        "in flight": count(live.in_flight),
        **{name: count(requests[name]) for name in ("errors", "late", "shed", "lost")},
        **texts.batch_texts(now["batching"]),
        **texts.state_texts(result["state"], live.throughput, result["settings"]["state"]),
    }
    if requests["errors"]:
        expected |= {"": number_format.share(requests["error_share"])[:-2], "failed": count(requests["errors"])}
        assert lines_of(stage, "FiguresPanel")[0].startswith(f" {failed_text(requests['error_share'])}: ")
    assert (f"{failed_text(requests['error_share'])}  " in lines_of(stage, "Header")[0]) or not requests["errors"]
    lines = lines_of(stage, "FiguresPanel")
    for words in (now["batching"]["shortfall"], segment["batching"]["why_not"]):
        lines = [line.replace(words or "", "") for line in lines]
    if result["items_per_request"] not in (None, 1):
        items = f" ≈ {rate(live.items_per_s)} items/s"
        assert any(items in line for line in lines), lines
        lines = [line.replace(items, "") for line in lines]
    wrong = [bad for line in lines for bad in mismatches("figures", line, expected)]
    wrong += served(stage, segment, live) if not result["by_shape"] else shapes(stage, result)
    for span, latencies in (("segment", now["latency_ms"]), ("run", result["latency_ms"])):
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


def in_force(segment: dict[str, Any], live: Any) -> dict[str, Any]:
    """What the figures of now are made of: of several devices in the segment the one that serves now."""
    if not live.in_force_device:
        return segment
    return next(part for part in segment["devices"] if part["device"] == live.in_force_device)


def served(stage: Stage, segment: dict[str, Any], live: Any) -> list[str]:
    """A line for each device, where several served in the segment."""
    lines = lines_of(stage, "ServedLines")
    if len(segment["devices"]) < 2 or not live.in_force_device:
        return ["there is one device, and yet a line for each"] if lines else []
    wrong = []
    for line in lines:
        name = "one of" if line.startswith(" one of") else line.split()[0]
        part = next(part for part in segment["devices"] if part["device"] == name)
        response, shares = part["latency_ms"]["response"], texts.batch_texts(part["batching"])
        expected = {
            f"{name} now": count(part["requests"]),
            f"{name} before": count(part["requests"]),
            "requests": rate(part["throughput"]),
            "response p50": ms(response["p50"]),
            "response p99": ms(response["p99"]),
            "full": shares["full"],
            "timer": shares["timer"],
        }
        wrong += mismatches("served", line, expected)
    return wrong if len(lines) == len(segment["devices"]) else [*wrong, f"{len(lines)} lines"]


def shapes(stage: Stage, result: dict[str, Any]) -> list[str]:
    """A line for each data shape. These recordings have one segment."""
    wrong = []
    for each, line in zip(result["by_shape"], lines_of(stage, "ServedLines"), strict=True):
        assert line.startswith(f" {each['shape']} ")
        response = each["latency_ms"]["response"]
        expected = {
            "": count(each["requests"]),
            "requests response p50": ms(response["p50"]),
            "requests response p99": ms(response["p99"]),
            "first": ms(each["first_ms"]),
            "failed": count(each["errors"]),
        }
        wrong += mismatches("by shape", line.replace(each["shape"], ""), expected)
    return wrong


def limits(stage: Stage, result: dict[str, Any]) -> list[str]:
    load = result["load"] or {}
    unkept = unkept_schedule_text(load["schedule_error_ms"]["p99"]) if load.get("schedule_kept") is False else ""
    if not result["slo"] and not unkept:
        return []
    (line,) = lines_of(stage, "SloLine")
    if unkept not in line:
        return [f"schedule: {unkept!r} is not in {line!r}"]
    line = line.replace(unkept, "")
    line = re.sub(r" since \d\d:\d\d", "", line)
    wrong = []
    for limit in result["slo"]:
        name = limit_name(limit["limit"], is_default=limit["default"])
        text = describe_verdict(name, limit["verdict"], limit["value"], limit["unit"], limit["why"])
        if text not in line:
            wrong.append(f"limits: {text!r} is not in {line!r}")
        line = line.replace(text, "")
    return [*wrong, *mismatches("limits", line, {})]


async def batches(stage: Stage, result: dict[str, Any], segment: dict[str, Any], live: Any) -> list[str]:
    now = in_force(segment, live)
    expected = {
        **texts.batch_texts(now["batching"]),
        **texts.state_texts(result["state"], live.throughput, result["settings"]["state"]),
        "tokens/s": rate(live.throughput),
        "": rate(live.throughput),
        "every request ran alone": rate(live.throughput),
        "alone:": rate(live.throughput),
        "known by the probe": rate(live.throughput),
        "known by the probe, ids deduced": rate(live.throughput),
        "known by the witness": rate(live.throughput),
        "no batch was full costs": ms(now["batching"]["waiting_cost_ms"]),
        "segment": count(segment["segment"]),
        "a request": None,
    }
    if now["batching"]["why_not"]:
        expected["alone"] = rate(live.throughput)  # "alone: why", and behind it the rate
    first, *rest = lines_of(stage, "BatchTotals")
    lines = [first, " ".join(rest)]
    for words in (
        segment["batching"]["why_not"],
        segment["batching"]["shortfall"],
        "to have batches of 4: s, device BATCH:CPU(4)",
    ):
        lines = [line.replace(words or "", "") for line in lines]
    return [bad for line in lines for bad in mismatches("batches", line, expected)]


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
        ("state reset in", "state_reset_ms"),
    ):
        for name in ("p50", "p99"):
            expected[f"{label} {name}"] = ms((load[lag] or {}).get(name))
            expected[f"input {label} {name}"] = expected[f"{label} {name}"]
    wrong = []
    for line in lines_of(stage, "DistributionFacts"):
        if not steadiness.findings or line.startswith(" response"):
            wrong += mismatches("distribution facts", line.replace("steadiness steady", ""), expected)
    devices = [part["device"] for part in segment["devices"] if part["device"] not in ("one of", "unknown")]
    together = f", {' and '.join(devices)} together" if len(devices) > 1 else ""
    wrong += chart_labels(stage, {f"segment {segment['segment']}{together}": segment})
    await stage.press("c")
    wrong += chart_labels(stage, {part["device"]: part for part in segment["devices"]})
    await stage.press("c", "c", "c")
    if result["by_shape"]:
        wrong += chart_labels(stage, {each["shape"]: each for each in result["by_shape"]})
        await stage.press("c")
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
    head, units, *rows = lines_of(stage, "PhaseTable")
    assert re.split(r"\s{2,}", head.strip()) == [
        *("BY DEVICE", "requests", "share", "throughput", *["inference"] * 2, *["response"] * 3)
    ]
    assert re.split(r"\s{2,}", units.strip()) == ["/s", "p50 ms", "p99 ms", "p50 ms", "p99 ms", "max ms"]
    wrong = []
    whole = sum(each["requests"] for each in result["by_device"].values())
    shown = sorted(result["by_device"].items(), key=lambda item: -item[1]["requests"])[:4]
    for name, device in ((name, device) for name, device in result["by_device"].items() if (name, device) in shown):
        row, *rows = rows
        shares = [count(device["requests"]), share(device["requests"], whole), "%", rate(device["throughput"])]
        cells = [*shares, *phase_cells(device["latency_ms"])]
        failed = [count(device["errors"]), "errors"] if device["errors"] else []
        wrong += unequal("by device", row.split(), [*name.split(), *cells, *failed])
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
            cells = [count(phase["requests"]), rate(phase["throughput"]), *phase_cells(phase["latency_ms"])]
            wrong += unequal(f"phase {name}", row.split()[: len(cells) + 1], [name, *cells])
    assert not [row for row in rows if re.search(r"\d", row)]
    for _ in range(4):
        if "engine 1," in lines_of(stage, "StartupPanel")[0]:
            break
        await stage.press("n")
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
                *(number_format.percent(part["errors"], part["requests"]).split() if part["errors"] else []),
                rate(part["throughput"]),
                *percentiles(part["latency_ms"]["inference"], "p50", "p99"),
                *percentiles(part["latency_ms"]["response"], "p50", "p99"),
                seconds(first_s if at == 0 else None),
                seconds(part["handover_s"]),
                *(texts.energy_of(part, name).split() if texts.has_watts(result) else []),
            ]
            shown = row.split()
            wrong += unequal(f"segment {segment['segment']}", shown[-len(cells) :], cells)
            if at == 0 and shown[0] != str(segment["segment"]):
                wrong.append(f"segment {segment['segment']} is numbered {shown[0]}")
        if not segment["devices"]:
            rows = rows[1:]
    return [*wrong, *(f"a row that is no segment's: {row}" for row in rows)]
