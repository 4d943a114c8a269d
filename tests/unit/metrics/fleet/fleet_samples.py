"""Boxes of a fleet that are made up: alike but for the luck of each, with blocks that follow one another alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ovtui.records.fleet import BoxFacts, BoxPhase, BoxState
from ovtui.records.following import Block

KIND = "i5-1240P 12 cores, Iris Xe"
FACTS = {"cpu": "i5-1240P", "cores": "12", "memory": "15.6 GiB", "GPU.0 driver": "25.3", "governor": "performance"}


def blocks_of(
    throughput: float, p50_ms: float, p99_ms: float, *, count: int = 30, noise: float = 0.0, alike: float = 0.0,
    seed: int = 0,
) -> list[Block]:  # fmt: skip
    """`noise`: standard deviation of the logarithms between blocks (p99: three times as much). `alike`: correlation of
    a block with the next."""
    random = np.random.default_rng(seed)
    parts = autocorrelated(random, (3, count), alike)
    speed, _, tail = parts
    return [
        Block(
            number=number, requests=round(2 * throughput),
            throughput=throughput * float(np.exp(-noise * speed[number])),
            p50_ms=p50_ms * float(np.exp(noise * speed[number])),
            p99_ms=p99_ms * float(np.exp(noise * speed[number] + 3 * noise * tail[number])),
        )
        for number in range(count)
    ]  # fmt: skip


def autocorrelated(random: np.random.Generator, shape: tuple[int, int], alike: float) -> np.ndarray[Any, Any]:
    """[rows, columns] of standard deviation 1, each the one before times `alike` and something new."""
    new = random.normal(size=shape)
    found = np.empty(shape)
    found[:, 0] = new[:, 0]
    for column in range(1, shape[1]):
        found[:, column] = alike * found[:, column - 1] + np.sqrt(1 - alike**2) * new[:, column]
    return found


def box(
    name: str, *, by: float = 1.0, p99_by: float = 1.0, kind: str = KIND, facts: Mapping[str, str] | None = None,
    phase: BoxPhase = "done", result: dict[str, Any] | None = None, blocks: list[Block] | None = None,
    noise: float = 0.02, seed: int | None = None, code: int | None = 0, text: str = "", count: int = 30,
) -> BoxState:  # fmt: skip
    """`by`: how much slower it is than 400 requests a second in 10 ms."""
    seed = sum(map(ord, name)) if seed is None else seed
    made = blocks_of(400 / by, 10 * by, 20 * by * p99_by, noise=noise, seed=seed, count=count)
    return BoxState(
        name=name, phase=phase, text=text, blocks=made if blocks is None else blocks, code=code,
        facts=BoxFacts(kind=kind, facts=dict(FACTS | dict(facts or {}))) if kind else None,
        result=result_of(400 / by, 10 * by, 20 * by * p99_by) if result is None and phase == "done" else result,
    )  # fmt: skip


def result_of(throughput: float, p50_ms: float, p99_ms: float, **changed: Any) -> dict[str, Any]:
    """The parts of `ovtui run --json` that a fleet reads."""
    return {
        "serving": {"device": "GPU.0", "sentence": ""},
        "load": {"loop": "closed"},
        "throughput": throughput,
        "duration_s": 60.0,
        "latency_ms": {"response": {"p50": p50_ms, "p99": p99_ms}},
        "handovers": [{"t_s": 3.9}],
        "batching": {"fill": 0.97},
        "requests": {"completed": round(60 * throughput), "errors": 0},
        "telemetry": {"gpu_temperature_c": {"min": 40.0, "mean": 60.0, "max": 65.0}, "cpu_temperature_c": None},
        "disturbances": [],
        **changed,
    }
