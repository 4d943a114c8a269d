"""What differs between two runs of one command line, by the names of what was compared."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.benchmark_truth import Run

_NUMBER = re.compile(r"\d+(\.\d+)?( (us|ms)\b)?")
_FROM = "[ INFO ] Count:"
"""The first of the lines that scripts parse."""
_FIGURES = ("Count:", "Duration:", "Throughput:")
_TOLD = {
    "target device", "API", "inference_only", "precision", "batch size", "number of iterations",
    "number of parallel infer requests", "duration (ms)", "total number of iterations", "name", "node_type",
    "report_type", "-nireq", "-niter", "-json_stats",
}  # fmt: skip
"""Keys of reports whose values are no measured ones."""


def differences(theirs: Run, ours: Run, *, timed: bool) -> dict[str, str]:
    """Both values, by name. `timed`: the run ended by the clock, so that its count is not compared but looked at."""
    found: dict[str, str] = {}

    def compare(name: str, read: Callable[[Run], Any]) -> None:
        there, here = read(theirs), read(ours)
        if there != here:
            found[name] = f"theirs {there!r}, ours {here!r}"

    compare("exit code", lambda run: run.code)
    compare("compiled from", lambda run: run.compiled.source)
    compare("device", lambda run: run.compiled.device)
    compare("inputs", lambda run: [port[:3] for port in run.compiled.inputs])
    compare("outputs", lambda run: run.compiled.outputs)
    compare("DEVICE_PROPERTIES", lambda run: _texts(run.compiled.config.get("DEVICE_PROPERTIES", {})))
    for key in sorted(theirs.compiled.properties.keys() | ours.compiled.properties.keys()):
        if key.startswith("GPU"):
            continue  # under AUTO it compiles later, and is listed or not
        compare(key, lambda run, key=key: run.compiled.properties.get(key))  # type: ignore[misc]
    compare("answer", lambda run: run.compiled.answer)
    compare("infer requests", lambda run: run.timed.requests)
    compare("infer or start_async", lambda run: run.timed.ways.keys() & {"sync"})
    compare("state resets", lambda run: run.timed.resets)
    compare("last lines", last_lines)
    there, here = frames_per_iteration(theirs), frames_per_iteration(ours)
    if abs(there - here) > 0.05 * there:
        found["frames per iteration"] = f"theirs {there:.2f}, ours {here:.2f}"
    if timed:
        compare("equally often", lambda run: run.count is not None and run.count % run.timed.requests == 0)
        compare("warm-up", lambda run: run.timed.inferences - (run.count or 0))
    else:
        compare("count", lambda run: run.count)
        compare("inferences", lambda run: run.timed.inferences)
        compare("shapes of the data", lambda run: _counted(run.timed.shapes))
    return found


def data_differ(theirs: Run, ours: Run) -> dict[str, str]:
    """Where data was given: that each inference had the same as some inference there, all of it."""
    there, here = ({json.dumps(each) for each in run.timed.data} for run in (theirs, ours))
    return {"data": f"{len(there)} there, {len(here)} here, {len(there & here)} of both"} if there != here else {}


def files_differ(theirs: Path, ours: Path) -> dict[str, str]:
    """What both have written into their folders, by its structure: names of files, keys of reports."""
    found = {}
    there, here = (dict(_files(folder)) for folder in (theirs, ours))
    for name in sorted(there.keys() | here.keys()):
        if there.get(name) != here.get(name):
            kind = "dumped configuration" if name.startswith("dumped") else "reports"
            found[kind] = f"{name}: theirs {there.get(name)}, ours {here.get(name)}"
    return found


def frames_per_iteration(run: Run) -> float:
    """What the throughput counts, from the printed figures, to some 2 % in the shortest runs; 0 without any."""
    found = [re.search(rf"^\[ INFO \] {word} +([\d.]+) ", run.stdout, re.MULTILINE) for word in _FIGURES]
    if None in found:
        return 0.0
    count, duration_ms, fps = (float(each[1]) for each in found if each)
    return fps * duration_ms / 1000 / count


def last_lines(run: Run) -> list[str]:
    """The lines that scripts parse, without their numbers."""
    lines = run.stdout.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith(_FROM)), len(lines))
    return [_NUMBER.sub("#", line) for line in lines[first:]]


def _texts(devices: dict[str, dict[str, Any]]) -> dict[str, dict[str, str]]:
    return {device: {key: str(value) for key, value in values.items()} for device, values in devices.items()}


def _counted(shapes: list[list[list[int]]]) -> Counter[str]:
    return Counter(json.dumps(each) for each in shapes)


def _files(folder: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if name.startswith("cache/"):
            yield "cache/" + path.suffix, "written"
        elif path.suffix == ".xml":
            yield name, sorted(layer.get("name", "") for layer in ElementTree.parse(path).iter("layer"))
        elif path.suffix == ".json":
            yield name, _structure(json.loads(path.read_text()), told=name.startswith("dumped"))
        elif path.suffix == ".csv":
            yield name, _csv_structure(path.read_text())
        elif path.is_file():
            yield name, "written"


def _csv_structure(text: str) -> list[str]:
    """Of a report, without its measured values. In 'sorted' reports, which have commas, the order is a measured one."""
    lines = text.splitlines()
    if ";" not in text:
        return sorted(_NUMBER.sub("#", line.split(",")[0]) if line.startswith("Total") else line.split(",")[0]
                      for line in lines)  # fmt: skip
    return [_head(line.split(";")) for line in lines]


def _head(cells: list[str]) -> str:
    if len(cells) == 6 and cells[0] != "layerName":
        return f"{cells[0]};{cells[2]}"  # a layer that took less than 1 us counts as not executed
    return ";".join(cells if len(cells) != 2 or cells[0] in _TOLD else cells[:1])


def _structure(value: Any, *, told: bool = False) -> Any:
    if isinstance(value, dict):
        return {key: _structure(each, told=told or key in _TOLD) for key, each in value.items()}
    if isinstance(value, list):
        return [_structure(each, told=told) for each in value]
    return value if told else "..."
