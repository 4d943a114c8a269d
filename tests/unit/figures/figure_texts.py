"""Finds the figures in what a surface shows: every number with its label, and the text that the Result gives for it.

A map from labels to figures of the Result belongs to each panel. A number whose label is not in the map fails the test:
a new figure has to be entered in it, with the place in the Result that it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ovtui.metrics import number_format
from ovtui.metrics.expectations.expectation import Expectation, expectation_text
from ovtui.records.descriptions import InputPreparation, preparation_text

NUMBER = re.compile(r"(?<![\w.:])[<>]?\d+(?:,\d{3})*(?:\.\d+)?(?![\w:])|–")
"""Neither part of a name (GPU.0, p99, 5ms) nor of a clock (00:05)."""
_UNITS = re.compile(r"^(?:%|ms|/s|s)(?=\W|$)")
_FOLLOWERS = ("p90", "p95", "p99", "max")


def labelled(line: str) -> list[tuple[str, str]]:
    """(label, number) of each number in a line, whose label stands before it. 'first waited p50 1.0 p99 2.0' has the
    labels 'first waited p50' and 'first waited p99'."""
    found: list[tuple[str, str]] = []
    at = 0
    for number in NUMBER.finditer(line):
        label = " ".join(line[at : number.start()].split())
        label = _UNITS.sub("", label).lstrip(" ),;:").rstrip(" (+,;:≈≤~")
        at = number.end()
        if label in _FOLLOWERS and found:
            label = f"{found[-1][0].rpartition(' ')[0]} {label}".strip()
        found.append((label, number.group()))
    return found


def mismatches(where: str, line: str, expected: Mapping[str, str | None]) -> list[str]:
    """What is wrong with a line's figures: `expected` texts by label."""
    wrong = []
    for label, number in labelled(line):
        if label not in expected:
            wrong.append(f"{where}: {number!r} at {label!r} is no figure of the Result: {line.strip()!r}")
        elif number != expected[label]:
            wrong.append(f"{where}: {label!r} is {number!r}, the Result has {expected[label]!r}")
    return wrong


def unequal(where: str, cells: Sequence[str], expected: Sequence[str]) -> list[str]:
    """What is wrong with a row of a table."""
    return [] if list(cells) == list(expected) else [f"{where}: {list(cells)}, the Result has {list(expected)}"]


# The texts of a Result's figures


def ms(value: float | None) -> str:
    return number_format.milliseconds(value)


def rate(value: float | None) -> str:
    return number_format.rate(value)


def count(value: int | None) -> str:
    return number_format.count(value)


def share(part: int | None, whole: int) -> str:
    """Without the sign for percent."""
    return number_format.percent(part or 0, whole).removesuffix(" %")


def seconds(value: float | None, decimals: int = 2) -> str:
    return number_format.UNKNOWN if value is None else f"{value:,.{decimals}f}"


def percentiles(latency: Mapping[str, Any], *names: str) -> list[str]:
    return [ms(latency[name]) for name in names]


def known(batching: Mapping[str, Any]) -> int:
    """Requests of which it is known how they ran."""
    return sum(batching[name] or 0 for name in ("batched", "timed_out", "single"))


def state_texts(state: Mapping[str, Any] | None, tokens_per_s: float | None, policy: str) -> dict[str, str]:
    """By the labels that the overview and the batches view have; none for a model without state."""
    if state is None:
        return {}
    return {
        "stateful": count(len(state["variables"])),
        "variables": count(state["tokens"]),
        "tokens, reset every": policy,
        "requests": rate(tokens_per_s),
    }


def has_watts(result: Mapping[str, Any]) -> bool:
    """Something of what a device served cost a known energy."""
    parts = [part["energy"] for segment in result["segments"] for part in segment["devices"]]
    return any(source is not None and source["watts"] is not None for energy in parts for source in energy.values())


def energy_of(part: Mapping[str, Any], device: str) -> str:
    """The energy of an inference by the source that says most of a device."""
    order = ("gpu_card", "gpu", "cpu") if device.startswith("GPU") else ("cpu",)
    found = [part["energy"][key] for key in order if part["energy"][key] is not None]
    shown = [source["joules_per_inference"] for source in found if source["watts"] is not None]
    return number_format.joules(shown[0] if shown else None)


def source_texts(energy: Mapping[str, Any] | None) -> list[str]:
    """What the summary says of each source."""
    names = {"cpu": "CPU packages", "dram": "DRAM", "system": "whole system", "gpu": "GPU", "gpu_card": "GPU card"}
    lines = []
    for key, source in (energy or {"sources": {}})["sources"].items():
        if source is None:
            continue
        parts = [f"{names[key]} {number_format.watts(source['watts'])}"]
        parts.append(f"{number_format.joules(source['joules_per_inference'])} per inference")
        if source["joules_per_inference_above_idle"] is not None:
            above = source["joules_per_inference_above_idle"]
            parts.append(f"{number_format.joules(above)} above idle" if above > 0 else "not above idle")
        read = f"; {number_format.share(source['coverage'])} of the load was read" if source["coverage"] < 0.9 else ""
        lines.append(", ".join(parts) + read)
    return lines


def batch_texts(batching: Mapping[str, Any]) -> dict[str, str]:
    """By the labels that the overview and the batches view have."""
    whole, wait, held = known(batching), batching["first_wait_ms"] or {}, batching["held"] or {"requests": 0}
    in_play = (batching["batched"] or 0) + (batching["timed_out"] or 0)
    size = count(batching["size"]) if in_play else "1" if whole else number_format.UNKNOWN
    return {
        "batch": size,
        "full": share((batching["batched"] or 0) - held["requests"], whole),
        "held": share(held["requests"], whole),
        "timer": share(batching["timed_out"], whole),
        "alone": share(batching["single"], whole),
        "costs": ms(batching["waiting_cost_ms"]),
        **{f"first waited {name}": ms(wait.get(name)) for name in ("p50", "p99", "max")},
    }


def preparation_texts(model: Mapping[str, Any]) -> str:
    """What becomes of the data of each input that is not taken as it is."""
    told = [msgspec.convert(each, InputPreparation) for each in model["preparation"]]
    return " ".join(f"{each.input}: {preparation_text(each)}" for each in told if not each.is_plain)


def expectation_of(result: Mapping[str, Any]) -> str:
    """'EXPECTED; seen SEEN: as expected', of the experiment."""
    return expectation_text(msgspec.convert(result["expectation"], Expectation))


def moment(since_s: float) -> str:
    """Of an event on the session's clock: '02:14.3'."""
    return number_format.session_time(round(since_s * 1e9), 1)
