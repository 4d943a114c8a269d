"""One command line run by the wheel's benchmark_app and by `ovtui benchmark_app`, both watched at the same place:
beneath openvino's Python API (openvino_watch/sitecustomize.py)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.program import ovtui

HARNESS = Path(__file__).parent
WATCH, STAND_IN = HARNESS / "openvino_watch", HARNESS / "opencv_stand_in"
LIMIT_S = 100.0
_COUNT = re.compile(r"^\[ INFO \] Count: +(\d+) iterations$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What was compiled, and the compiled model's own answers."""

    source: str
    """'model', 'path' or 'blob'."""
    device: str
    config: dict[str, Any]
    """As it was passed."""
    properties: dict[str, str]
    """As the compiled model has them."""
    inputs: list[list[str]]
    """Name, type, shape, and the model's layout."""
    outputs: list[list[str]]
    answer: list[list[float]] | None
    """The first values of each output for a made-up input, where that was asked."""


@dataclass(slots=True)
class Process:
    """What one process asked of OpenVINO."""

    command: list[str] = field(default_factory=list)
    compiled: list[Compiled] = field(default_factory=list)
    requests: int = 0
    inferences: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    """Inferences by how they were started: 'sync', 'async', 'queue'."""
    shapes: list[list[list[int]]] = field(default_factory=list)
    """The inputs' shapes of each of the first inferences, in their order."""
    data: list[list[str]] = field(default_factory=list)
    """A digest of each input, likewise."""
    resets: int = 0
    core_properties: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    code: int
    stdout: str
    stderr: str
    processes: list[Process]

    @property
    def timed(self) -> Process:
        """The process that made the load: ovtui's engine; of benchmark_app the only one. Where there is none, the
        first one that compiled."""
        compiling = [each for each in self.processes if each.compiled]
        assert compiling, f"nothing was compiled; exit code {self.code}\n{self.stdout[-1500:]}\n{self.stderr[-1500:]}"
        engines = [each for each in compiling if each.command[1:3] == ["-m", "ovtui.engine"]]
        return (engines or compiling)[0]

    @property
    def compiled(self) -> Compiled:
        return self.timed.compiled[-1]

    @property
    def count(self) -> int | None:
        """Of the line 'Count:'."""
        found = _COUNT.search(self.stdout)
        return int(found[1]) if found else None


class TheirProgram:
    """The wheel's benchmark_app, in children of one process. Owner: one test at a time."""

    def __init__(self) -> None:
        env = {**_plain_environment(), "PYTHONPATH": f"{WATCH}:{STAND_IN}", "OPENVINO_WATCH": "/nonexistent"}
        self._server = subprocess.Popen(
            [sys.executable, str(HARNESS / "benchmark_app_server.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True, bufsize=1,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(LIMIT_S)

    def run(self, arguments: Sequence[str], folder: Path, env: Mapping[str, str] | None = None) -> Run:
        """`folder` is the run's current folder."""
        watched = folder / "theirs.watched"
        watched.mkdir()
        files = {name: folder / f"theirs.{name}" for name in ("stdout", "stderr")}
        asked = {
            "arguments": list(arguments), "folder": str(folder), **{name: str(path) for name, path in files.items()},
            "env": {**(env or {}), "OPENVINO_WATCH": str(watched)},
        }  # fmt: skip
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(asked) + "\n")
        code = int(self._server.stdout.readline())
        texts = (path.read_text(errors="replace") if path.exists() else "" for path in files.values())
        return Run(code, *texts, _processes(watched))


def our_run(arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> Run:
    """`ovtui benchmark_app` with these arguments; `folder` is its current one."""
    watched = folder / "ours.watched"
    watched.mkdir()
    done = subprocess.run(
        ovtui("benchmark_app", *arguments),
        env={**env, "PYTHONPATH": str(WATCH), "OPENVINO_WATCH": str(watched)},
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    return Run(done.returncode, done.stdout, done.stderr, _processes(watched))


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LC_ALL": "C.UTF-8"}


def _processes(folder: Path) -> list[Process]:
    return [_process(path) for path in sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)]


def _process(path: Path) -> Process:
    found = Process()
    for line in path.read_text().splitlines():
        event = json.loads(line)
        match event.pop("event"):
            case "process":
                found.command = event["command"]
            case "compile":
                found.compiled.append(Compiled(**event))
            case "request":
                found.requests += 1
            case "queue":
                found.requests += event["size"]
            case "set_property":
                found.core_properties.append(event["arguments"])
            case "reset":
                found.resets += 1
            case "infer":
                found.ways[event["how"]] += 1
                found.shapes.append(event["shapes"])
                found.data.append(event["data"])
    counted = path.with_suffix(".count").read_bytes()
    found.inferences = int.from_bytes(counted, "little") if counted else 0
    return found
