"""The time of the load over which energy is counted is the one over which throughput is."""

from __future__ import annotations

from typing import Any

import pytest
from figure_sessions import ALL, read

from ovtui.metrics.energy.watt_line import length_ns
from ovtui.metrics.energy.work import Work
from ovtui.metrics.groups.group_figures import GroupFigures


def agree(what: object, group: GroupFigures, work: Work) -> str:
    """Empty, or how they differ. A closed loop that ends with its last completion has no rate for its first round, and
    energy is counted from the beginning of the load all the same."""
    whole_s, span_s = length_ns(work.times) / 1e9, group.span_s or 0.0
    return (
        "" if span_s - 1e-3 <= whole_s <= 1.03 * span_s + 1e-3 else f"{what}: {whole_s} s of work, {span_s} s of load"
    )


@ALL
def test_energy_and_throughput_are_over_the_same_time(made: Any, name: str) -> None:
    digest = read(made(name)).digest
    wrong = [agree("run", digest.run, digest.work())]
    wrong += [agree(number, digest.segment(number), digest.work(number)) for number in digest.segments]
    wrong += [agree(part, digest.part(*part), digest.work([part])) for part in digest.parts]
    assert [text for text in wrong if text] == []
    work = digest.work()
    assert work.times == sorted(work.times)
    succeeded = digest.run.completed - digest.run.errors
    # Of an open loop what came due is counted, whenever it came back.
    assert work.succeeded([(-1, 1 << 62)]) == succeeded
    assert work.succeeded(work.times) == pytest.approx(succeeded, rel=0.06)
