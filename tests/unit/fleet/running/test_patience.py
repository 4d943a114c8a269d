"""How long a box that cannot be reached is waited for."""

from __future__ import annotations

import msgspec
import pytest
from harness.fake_ovtui import _now

from ovtui.fleet.running.patience import LONGEST_PAUSE_S, STARTS_S, Patience
from ovtui.records.following import Now, from_line
from ovtui.settings.schema.settings import Settings


class _Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def _serving(**more: object) -> Now:
    line = from_line((_now() % ("id", 0, 0)).encode())
    assert isinstance(line, Now)
    return msgspec.structs.replace(line, **more)


def _waited_s(patience: Patience, clock: _Clock) -> float:
    began_s = clock.now_s
    while (pause_s := patience.pause_s()) is not None:
        assert pause_s <= LONGEST_PAUSE_S
        clock.now_s += pause_s
    return clock.now_s - began_s


@pytest.mark.parametrize(
    ("settings", "now", "waited_s"),
    [
        (Settings(duration_s=30.0), None, 30 + 60),
        (Settings(requests=100), None, STARTS_S + 60),
        (Settings(duration_s=30.0), _serving(), 30 + 60),
        (Settings(requests=10_000), _serving(completed=2000, throughput=100.0), 80 + 60),
        (Settings(requests=10_000, duration_s=30.0), _serving(completed=2000, throughput=100.0), 30 + 60),
        (Settings(duration_s=30.0), _serving(phase="finished"), 60),
    ],
)
def test_a_box_is_waited_for_until_the_end_of_its_run_and_longer(
    settings: Settings, now: Now | None, waited_s: float
) -> None:
    clock = _Clock()
    patience = Patience(settings, 60.0, clock)
    if now is not None:
        patience.learn(now)
    assert _waited_s(patience, clock) == pytest.approx(waited_s)
    assert patience.is_over()
    patience.reached()
    assert not patience.is_over()


def test_who_is_stopped_waits_no_longer_than_he_is_told() -> None:
    clock = _Clock()
    patience = Patience(Settings(duration_s=3000.0), 60.0, clock)
    patience.hurry(15.0)
    assert _waited_s(patience, clock) == pytest.approx(15.0)
