"""A grid of situations (device, hint, requests in flight, rate, timeout, batchable or not), run through the real
`ovtui run`, and what must hold in each: shares add up, words agree with counts, advice agrees with figures."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from harness.program import ovtui
from openvino import opset13 as op

from ovtui.records.arrays import Bools
from ovtui.records.device_codes import STAND_IN
from ovtui.records.record import UNMEASURED, Flag
from ovtui.settings.schema.settings import fields

Values = dict[str, Any]
HIGHER_IS_BETTER = ("throughput",)
_LIMIT_S = 120.0


@dataclass(frozen=True)
class Cell:
    """One situation."""

    settings: Values
    model: str = "pointwise"
    """pointwise (a batch of many fits the rig's GPU), deep (some ms a request) or fixed (cannot be batched)."""
    seconds: float = 3.0
    """0: as many requests as the settings say."""

    @property
    def name(self) -> str:
        shown = {key: value for key, value in self.settings.items() if key not in ("device", "properties")}
        texts = [f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}" for key, value in shown.items()]
        texts += [f"{key} {value}" for key, value in self.settings.get("properties", {}).items()]
        return " · ".join([self.settings["device"], self.model, *texts])

    @property
    def rig(self) -> bool:
        return "GPU" in self.settings["device"]


@dataclass(frozen=True)
class Outcome:
    """What one run gave."""

    settings: Values
    result: dict[str, Any]
    summary: str
    rows: dict[str, np.ndarray]
    """Columns of the session file's view `requests`, measured requests only: neither failed nor an engine's first."""

    @property
    def first(self) -> dict[str, Any] | None:
        """The first advice that has a remedy."""
        return next((advice for advice in self.result["advice"] if advice["remedy"]), None)

    def figure(self, name: str) -> float | None:
        """A figure that a claim names, recomputed from the rows that the last device served."""
        rows = self.last_device_rows()
        if name == "schedule error p99":
            lag = self.result["load"]["schedule_error_ms"]
            return None if lag is None else lag["p99"]
        if not len(rows["done_ns"]):
            return None
        if name == "throughput":
            # From the second completion time on: what came before it belongs to the start.
            span_s = (rows["done_ns"].max() - rows["submit_ns"].min()) / 1e9
            return float(len(rows["done_ns"]) / span_s) if span_s > 0 else None
        response_ms = (rows["done_ns"] - rows["due_ns"]) / 1e6
        if name == "response p50":
            return float(np.median(response_ms))
        if name == "response p99":
            return float(np.percentile(response_ms, 99)) if len(response_ms) >= 100 else float(response_ms.max())
        if name == "late share":
            return 100.0 * float(np.mean((rows["flags"] & Flag.QUEUED) != 0))
        return None

    def last_device_rows(self) -> dict[str, np.ndarray]:
        last = int(self.rows["segment"].max(initial=0))
        of_last = self.rows["segment"] == last
        devices = self.rows["device"][of_last]
        keep = of_last & (self.rows["device"] == devices[-1]) if len(devices) else of_last
        return {name: column[keep] for name, column in self.rows.items()}


@dataclass
class Models:
    """The grid's models, made when they are first asked for."""

    folder: Path
    _made: dict[str, Path] = field(default_factory=dict)

    def path(self, name: str) -> Path:
        if name not in self._made:
            self._made[name] = self.folder / f"{name}.xml"
            ov.save_model({"pointwise": _convolutions, "deep": _deep, "fixed": _fixed}[name](),
                          self._made[name], compress_to_fp16=False)  # fmt: skip
        return self._made[name]


def run(cell: Cell, models: Models, env: Mapping[str, str], changes: Mapping[str, Any] | None = None) -> Outcome:
    """Runs a cell, with `changes` to its settings. Raises AssertionError where `ovtui run` fails."""
    settings = {**cell.settings, **(changes or {})}
    out, file = models.folder / "result.json", models.folder / "session.ovtui"
    for old in models.folder.glob("session.ovtui*"):
        old.unlink()
    limit = ["-t", f"{cell.seconds:g}"] if cell.seconds else []
    command = ovtui("run", str(models.path(cell.model)), *_options(settings), *limit,
                    "--json", str(out), "--record", str(file))  # fmt: skip
    done = subprocess.run(
        command, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_LIMIT_S, check=False
    )
    assert done.returncode == 0, f"{cell.name}: exit {done.returncode}: {done.stderr[-500:]}"
    return Outcome(settings, json.loads(out.read_text()), done.stdout, _rows(file))


def failings(outcome: Outcome) -> Iterator[str]:
    """What does not hold in this outcome, a sentence each."""
    yield from _shares(outcome)
    yield from _words(outcome)
    yield from _advice(outcome)


def comes_again(before: Outcome, after: Outcome) -> bool:
    """Whether the advice that was followed is given again."""
    first = before.first
    assert first is not None
    return any(
        advice["id"] == first["id"] and advice["remedy"].keys() == first["remedy"].keys()
        for advice in after.result["advice"]
        if advice["remedy"]
    )


def gain(name: str, before: float, after: float) -> float:
    """How many times better a figure has become. Shares are compared by what is not late."""
    if name == "late share":
        return (101.0 - after) / (101.0 - before)
    return after / before if name in HIGHER_IS_BETTER else before / after


def _kinds(outcome: Outcome) -> tuple[Bools, Bools, Bools, Bools]:
    """[n] of what no stand-in served, or of all where nothing else did: full, held, timer, alone. Under AUTO the size
    of a full batch is learnt while the load runs: where requests wait for the timer, those that ran alone before that
    waited for it, too."""
    keep = outcome.rows["device"] != STAND_IN
    if not keep.any():  # the accelerator was not ready in time: then the figures are those of the stand-in
        keep[:] = True
    rows = {name: column[keep] for name, column in outcome.rows.items()}
    sizes, flags, batching = rows["batch_size"], rows["flags"], outcome.result["batching"]
    timer = flags & Flag.TIMED_OUT != 0
    if outcome.result["settings"]["device"].startswith("AUTO") and batching["timed_out"]:
        timer |= sizes == 1
    held = flags & Flag.HELD != 0
    return (sizes > 1) & ~held, (sizes > 1) & held, (sizes == 1) & timer, (sizes == 1) & ~timer


def _shares(outcome: Outcome) -> Iterator[str]:
    batching = outcome.result["batching"]
    served = sum(share["share"] for share in outcome.result["by_device"].values())
    if abs(served - 1) > 0.001:
        yield f"the devices' shares add up to {served:.4f}"
    full, held, timer, alone = (int(part.sum()) for part in _kinds(outcome))
    counted = {"batched": full + held, "timed_out": timer, "single": alone}
    for name, count in counted.items():
        if batching[name] is not None and batching[name] != count:
            yield f"batching.{name} is {batching[name]}, the rows say {count}"
    if any(batching[name] is None for name in counted):
        return  # nothing is known, or not yet whether lone runs waited for the timer
    known = sum(batching[name] for name in counted)
    if batching["known"] + batching["deduced"] != known:
        yield f"known and deduced are {batching['known'] + batching['deduced']}, their parts {known}"


def _words(outcome: Outcome) -> Iterator[str]:
    """The summary's batching line against the rows."""
    text = re.sub(r"\s+", " ", outcome.summary)
    shares = re.search(
        r"full ([\d.]+) %, (?:full but held until the timer ([\d.]+) %, )?timer ([\d.]+) %, alone ([\d.]+) %", text
    )
    kinds = _kinds(outcome)
    if shares is None:
        if "batching none" in text and any(part.any() for part in kinds[:3]):
            yield "the summary says that nothing was batched"
        return
    said = [float(value or 0) for value in shares.groups()]
    if abs(sum(said) - 100) > 0.2:
        yield f"full, held, timer and alone add up to {sum(said):.1f} %"
    known = max(sum(int(part.sum()) for part in kinds), 1)
    real = [100 * float(part.sum()) / known for part in kinds]
    if any(abs(a - b) > 0.06 for a, b in zip(said, real, strict=True)):
        yield f"the summary says {said}, the rows {[round(share, 1) for share in real]}"


def _advice(outcome: Outcome) -> Iterator[str]:
    result = outcome.result
    batching, segment = result["batching"], result["segments"][-1] if result["segments"] else None
    for advice in result["advice"]:
        name, text = advice["id"], f"{advice['text']}; {advice['evidence']}"
        claim = advice["claim"]
        if segment is not None and claim is not None and claim["now"] is not None:
            figures = {
                "throughput": segment["throughput"],
                "response p50": segment["latency_ms"]["response"]["p50"],
                "response p99": segment["latency_ms"]["response"]["p99"],
            }
            figure = figures.get(claim["figure"])
            if name != "accelerator-slower" and figure is not None and abs(figure - claim["now"]) > 1e-6:
                yield f"{name}: {claim['figure']} is said to be {claim['now']}, and is {figure}"
        if claim is not None and None not in (claim["low"], claim["high"]) and claim["low"] > claim["high"]:
            yield f"{name}: expects {claim['low']} to {claim['high']}"
        said = re.search(r"([\d.]+) % (?:of [\d,]+ requests )?waited for the timer", text)
        if said and len(result["segments"]) == 1 and not batching["stood_in"]:
            share = 100 * batching["timed_out"] / max(batching["known"] + batching["deduced"], 1)
            if abs(share - float(said[1])) > 0.06:
                yield f"{name}: says that {said[1]} % waited for the timer, it was {share:.1f} %"
        waited = (batching["timed_out"] or 0) + batching["unknown"]
        if name in ("accelerator-slower", "throughput-hint-at-low-rate") and waited > 0.5 * max(batching["known"], 1):
            yield f"{name}: judged from latencies in which most requests waited for the timer"
        if name == "too-many-in-flight" and segment is not None and segment["nireq"] <= advice["remedy"]["nireq"]:
            yield f"{name}: advises {advice['remedy']['nireq']} in flight to one with {segment['nireq']}"
        if name == "overloaded" and result["requests"]["due"] == result["requests"]["completed"]:
            yield f"{name}: every request that came due was served"


def _options(settings: Mapping[str, Any]) -> list[str]:
    found = []
    for name, value in settings.items():
        if name == "properties":
            found += [part for key, text in value.items() for part in ("--set", f"{key}={text}")]
        elif value not in ("", None):
            found += [fields()[name].spec.flags[0], f"{value:g}" if isinstance(value, float) else str(value)]
    return found


def _rows(file: Path) -> dict[str, np.ndarray]:
    names = ("due_ns", "submit_ns", "done_ns", "batch_id", "batch_size", "segment", "flags", "device")
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
        table = db.execute(f"SELECT {', '.join(names)} FROM requests ORDER BY done_ns").fetchall()
    db.close()
    columns = np.array(table, np.int64).reshape(-1, len(names)).T
    rows = dict(zip(names, columns, strict=True))
    keep = (rows["flags"] & UNMEASURED) == 0
    return {name: column[keep] for name, column in rows.items()}


def _convolutions(side: int = 32, channels: int = 16, layers: int = 2) -> ov.Model:
    """1x1 convolutions: the GPU plugin finds a large batch best for them."""
    rng = np.random.default_rng(0)
    image = op.parameter([1, 3, side, side], np.float32, name="x")
    image.set_layout(ov.Layout("NCHW"))
    node, width = image, 3
    for _ in range(layers):
        weights = (rng.standard_normal((channels, width, 1, 1)) / width).astype(np.float32)
        node = op.relu(op.convolution(node, op.constant(weights), [1, 1], [0, 0], [0, 0], [1, 1]))
        width = channels
    return ov.Model([op.result(node)], [image], "pointwise")


def _deep() -> ov.Model:
    """Some milliseconds a request on two cores."""
    return _convolutions(side=96, channels=64, layers=8)


def _fixed() -> ov.Model:
    """The sum over everything has no batch dimension: nothing can batch it."""
    model = _convolutions()
    output = model.output(0).get_node().input_value(0)
    total = op.reduce_sum(output, op.constant(np.array([0, 1, 2, 3])), keep_dims=False)
    return ov.Model([op.result(total)], model.get_parameters(), "fixed")
