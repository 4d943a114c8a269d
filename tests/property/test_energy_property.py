"""Energy from a counter that wraps and has holes: what is made of it, summed over any span, is what was used."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.host.machine.counters import CounterRate, Moment
from ovtui.metrics.energy.done_times import DoneTimes
from ovtui.metrics.energy.watt_line import length_ns
from ovtui.metrics.energy.watt_lines import LONGEST_S, WattLines
from ovtui.metrics.energy.work import joined
from ovtui.records.machine_readings import MachineReading

MS, S = 1_000_000, 1_000_000_000
RANGE_UJ = 65_532_610_987
"""Of a desktop: a wrap every ten minutes at 100 W."""
STEPS = st.lists(
    st.tuples(st.integers(200, 4000), st.integers(1, 400), st.booleans()), min_size=2, max_size=60
)  # fmt: skip
"""Of each reading: ms since the one before, watts meanwhile, whether it can be read."""


def lines_of(steps: list[tuple[int, int, bool]], begin_uj: int) -> tuple[WattLines, list[tuple[int, int, int]]]:
    """The lines that come of it, and what was used: from, until, watts."""
    lines, rate = WattLines(), CounterRate(wraps_at=RANGE_UJ, moves_always=True)
    t_ns, energy_uj, used = 0, begin_uj, []
    rate.per_second(energy_uj, Moment(t_ns))
    lines.add(MachineReading(t_ns=t_ns))
    for passed_ms, watts, readable in steps:
        since_ns, t_ns = t_ns, t_ns + passed_ms * MS
        energy_uj = (energy_uj + watts * passed_ms * 1000) % RANGE_UJ
        per_s = rate.per_second(energy_uj if readable else None, Moment(t_ns))
        lines.add(MachineReading(t_ns=t_ns, cpu_watts=None if per_s is None else per_s / 1e6))
        used.append((since_ns, t_ns, watts))
    return lines, used


@given(STEPS, st.integers(0, RANGE_UJ - 1))
def test_what_is_covered_has_its_energy(steps: list[tuple[int, int, bool]], begin_uj: int) -> None:
    lines, used = lines_of(steps, begin_uj)
    line = lines.by_name.get("cpu_watts")
    whole = (0, used[-1][1])
    covered = line.covered(whole) if line is not None else []
    known = [
        span for at, span in enumerate(used) if steps[at][2] and (at == 0 or steps[at - 1][2])
    ]  # fmt: skip
    assert covered == joined((since, until) for since, until, _ in known)
    joules = sum(watts * (until - since) / S for since, until, watts in known)
    assert (line.joules(whole) if line is not None else 0.0) == pytest.approx(joules, rel=1e-9, abs=1e-9)


@given(STEPS, st.integers(0, 100_000), st.integers(0, 100_000))
def test_energy_of_two_parts_is_that_of_the_whole(steps: list[tuple[int, int, bool]], one: int, other: int) -> None:
    lines, used = lines_of([(ms, watts, True) for ms, watts, _ in steps], 0)
    line, end_ns = lines.by_name["cpu_watts"], used[-1][1]
    at = sorted((0, min(one * MS, end_ns), min(other * MS, end_ns), end_ns))
    parts = list(itertools.pairwise(at))
    assert sum(map(line.joules, parts)) == pytest.approx(line.joules((0, end_ns)), rel=1e-9, abs=1e-9)
    assert length_ns([part for span in parts for part in line.covered(span)]) == end_ns


@given(st.lists(st.integers(0, 900 * S), min_size=1, max_size=300), st.integers(1, 5), st.randoms())
def test_completions_are_counted_alike_in_any_order(times: list[int], pieces: int, dice: object) -> None:
    together, apart = DoneTimes(), DoneTimes()
    together.add(np.array(times, np.int64))
    dice.shuffle(times)  # type: ignore[attr-defined]
    for piece in np.array_split(np.array(times, np.int64), pieces):
        apart.add(piece)
    spans = [(0, 901 * S), (min(times), max(times)), (10 * S, 20 * S), (S, 700 * S)]
    assert [together.between(*span) for span in spans] == [apart.between(*span) for span in spans]
    assert together.between(-1, 901 * S) == len(times)


def test_the_longest_step_is_no_gap() -> None:
    assert LONGEST_S >= 4.0
