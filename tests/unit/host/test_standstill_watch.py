"""When an engine is said to stand still: by its pace so far, and by what its process does."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from ovtui.host import standstill_watch
from ovtui.host.engines.engine_process import EngineProcess
from ovtui.host.standstill_watch import StandstillWatch
from ovtui.records.events import EngineResumed, EngineStalled


class Watched:
    """An engine of a closed loop with one infer request, looked at four times a second."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cores: float = 1.0, timeout_ms: int = 0) -> None:
        self.said: list[EngineStalled | EngineResumed] = []
        self.cores, self.now_s, self.cpu_s = cores, 0.0, 0.0
        self.counters = SimpleNamespace(written=0, submitted=1)
        engine: Any = SimpleNamespace(
            process=SimpleNamespace(pid=1), counters=self.counters, number=1, may_batch=bool(timeout_ms),
            settings=SimpleNamespace(batch_timeout_in_force_ms=timeout_ms),
        )  # fmt: skip
        self.engine = cast(EngineProcess, engine)
        monkeypatch.setattr(standstill_watch, "process_state", lambda _: ("S", self.cpu_s))
        self.watch = StandstillWatch(list, lambda: 0, self.said.append)
        self.watch.close()

    def serve(self, *latencies_s: float) -> list[str]:
        """What was said meanwhile."""
        before = len(self.said)
        for latency_s in latencies_s:
            end_s = self.now_s + latency_s
            while self.now_s < end_s:
                self.now_s += 0.25
                self.cpu_s += 0.25 * self.cores
                self.watch.look(self.engine, self.now_s)
            self.counters.written += 1
            self.counters.submitted += 1
        return [said.cause if isinstance(said, EngineStalled) else "resumed" for said in self.said[before:]]


def test_a_slow_pace_is_no_standstill(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    assert watched.serve(30, 5, 2, 5, 2, 5) == []
    assert Watched(monkeypatch, timeout_ms=5000).serve(0.5, 5.5, 10) == []


def test_a_long_request_among_short_ones_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch)
    assert watched.serve(0.25, 0.25, 3, 0.25, 3, 0.25, 3, 0.25) == ["busy", "resumed"]


def test_a_device_that_hung_for_a_minute_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(monkeypatch, cores=0.0)
    assert watched.serve(0.25, 0.25, 60, 0.25, 0.25, 60, 0.25) == ["asleep", "resumed"] * 2


def test_a_share_of_a_core_is_computing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Watched(monkeypatch, cores=0.3).serve(0.25, 0.25, 3)[:1] == ["busy"]
