"""A clock for readers of counters that the test moves."""

from __future__ import annotations

from pathlib import Path

from ovtui.host.machine.counters import Moment
from ovtui.host.machine.sensor_files import SensorTree


class Clock:
    def __init__(self) -> None:
        self.moment = Moment(5_000_000_000)

    def __call__(self) -> Moment:
        return self.moment

    def pass_s(self, seconds: float, *, asleep_s: float = 0.0) -> None:
        self.moment = Moment(self.moment.at_ns + round(seconds * 1e9), self.moment.asleep_ns + round(asleep_s * 1e9))


class TestTree(SensorTree):
    """Of a fake machine; `clock` is moved by the test."""

    __test__ = False

    def __init__(self, root: Path) -> None:
        self.clock = Clock()
        super().__init__(root, self.clock)
