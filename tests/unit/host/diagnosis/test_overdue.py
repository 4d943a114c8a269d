"""An engine that is killed for being overdue is looked at first, and killed also where nothing comes of that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from host.supervised import Host, hosts_of

from ovtui.host import engine_pool, engine_stage, supervisor
from ovtui.host.engine_deadlines import DIAGNOSED_WITHIN_S, HALT_S
from ovtui.records.diagnosis import Diagnosis
from ovtui.records.events import Note
from ovtui.settings.schema.settings import Settings

START_S = 1000.0


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = START_S
        for module in (engine_pool, engine_stage, supervisor):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], Host]]:
    yield from hosts_of(monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def overdue(host: Host, clock: Clock) -> None:
    """Its engine was told to halt, and has not drained in time."""
    host.supervisor.start()
    engine = host.compiled()
    host.supervisor.stop()
    assert host.supervisor.deadline_s() is not None
    clock.now_s += HALT_S + 2 * engine.process.settings.batch_timeout_in_force_ms / 1e3 + 0.001
    host.supervisor.enforce_deadlines()


def notes(host: Host) -> list[str]:
    return [event.text for event in host.events if isinstance(event, Note)]


def test_the_note_says_where_it_stood(hosts: Callable[[Settings], Host], clock: Clock) -> None:
    host = hosts(Settings())
    overdue(host, clock)
    assert notes(host) == [
        "engine 1 did not finish its requests in time and was killed; a device may hang: draining: waits in clFinish"
    ]
    assert host.engines[0].process.exit_expected


def test_of_one_that_is_only_slow_no_hang_is_said(hosts: Callable[[Settings], Host], clock: Clock) -> None:
    host = hosts(Settings())
    host.still_works = True
    overdue(host, clock)
    assert notes(host) == [
        "engine 1 did not finish its requests in time and was killed; requests still came back: draining: works"
    ]


def test_it_is_killed_also_where_the_look_does_not_end(hosts: Callable[[Settings], Host], clock: Clock) -> None:
    host = hosts(Settings())
    host.looks_in_vain = True
    overdue(host, clock)
    assert notes(host) == []
    assert not host.engines[0].process.exit_expected
    assert host.supervisor.deadline_s() == clock.now_s + DIAGNOSED_WITHIN_S
    clock.now_s += DIAGNOSED_WITHIN_S
    host.supervisor.enforce_deadlines()
    assert notes(host) == ["engine 1 did not finish its requests in time and was killed; a device may hang"]
    assert host.engines[0].process.exit_expected


def test_one_that_has_drained_meanwhile_is_not_blamed(hosts: Callable[[Settings], Host], clock: Clock) -> None:
    host = hosts(Settings())
    late: list[Callable[[Diagnosis], None]] = []
    host.diagnose_overdue = lambda _, then: late.append(then)  # type: ignore[method-assign]
    overdue(host, clock)
    host.engines[0].process.kill_at_s = None  # as once it has drained
    late[0](Diagnosis(engine=1, pid=1, phase="draining", doing="draining", where="sleeps"))
    assert notes(host) == []
