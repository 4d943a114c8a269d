"""How long a study's change of turn takes within one compile, from the command to the first request of the next turn:
demo-matmul in an open loop, another rate each time.

python tests/benchmarks/turn_change.py [--turns 40]"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
import pytest
from acted_study import acted
from pairs import report

from ovtui.records.clock import now_ns
from ovtui.records.events import TurnBegan, TurnEnded
from ovtui.settings.changes import with_changes

BUDGET_MS = 20.0


def measure(turns: int) -> tuple[list[float], list[float], list[float]]:
    """In ms, of each change: as a whole, the drain, and from there to the first request."""
    base = {"model": "demo-matmul", "device": "CPU", "nireq": 2, "rate": 400.0}
    with tempfile.TemporaryDirectory() as folder, acted(pytest.MonkeyPatch(), Path(folder), **base) as stage:
        stage.run.wait_completed(50)
        study = stage.begin()
        began = study.session_state.study.began
        told_ns = {}
        for turn in range(1, turns + 1):
            told_ns[turn] = now_ns() - study.session._clock.origin_ns
            study.session.take_turn(turn, with_changes(began.settings, {"rate": 400.0 + turn}), [f"turn {turn}"])
            study.wait_for(lambda turn=turn: study.of(TurnBegan)[-1:] and study.of(TurnBegan)[-1].turn == turn, "it")
            study.wait_completed(30)
        rows = study.records()
        ends = {event.turn: event for event in study.of(TurnEnded)}
        whole, drains, rests = [], [], []
        for event in study.of(TurnBegan):
            first_ns, end = int(rows["submit_ns"][rows["segment"] == event.segment].min()), ends[event.turn - 1]
            whole.append((first_ns - told_ns[event.turn]) / 1e6)
            drains.append((end.t_ns - end.halted_ns) / 1e6)
            rests.append((first_ns - end.t_ns) / 1e6)
    return whole, drains, rests


def figure(times_ms: Sequence[float]) -> str:
    return f"median {statistics.median(times_ms):.2f} ms, longest {max(times_ms):.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=40)
    whole, drains, rests = measure(parser.parse_args().turns)
    met = statistics.median(whole) <= BUDGET_MS
    report("change of turn within one compile, to the first request", figure(whole), f"{BUDGET_MS:.0f} ms", met)
    report("of that the drain", figure(drains), "-", None)
    report("of that from the drain to the first request", figure(rests), "-", None)


if __name__ == "__main__":
    main()
