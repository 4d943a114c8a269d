"""The seconds that steadiness is judged by do not depend on when a client looked."""

from __future__ import annotations

import numpy as np
import pytest
from samples import records, started, update

from ovtui.metrics.digest import Digest
from ovtui.metrics.judgement.steadiness import Steadiness
from ovtui.records.events import LoadEnded
from ovtui.records.record import Records
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(device="CPU", nireq=1)


def load(end_s: float) -> Records:
    """A request each 10 ms, from 0.5 s on."""
    return records(np.arange(500, end_s * 1e3, 10), 5.0, segment=1)


def ended(rows: Records) -> LoadEnded:
    return LoadEnded(t_ns=int(rows["done_ns"].max()), engine=1, reason="duration", submitted=len(rows))


def judged(digest: Digest) -> Steadiness:
    found = digest.steadiness()
    assert found.seconds > 0
    return found


@pytest.mark.parametrize("last_look_s", [4.96, 5.01, 8.5])
def test_the_second_in_which_the_load_ends_is_none(last_look_s: float) -> None:
    """Two clients of one load looked last at 4.99 and 5.01 s, and said 0 and 1 s of 20."""
    rows = load(4.95)
    digest = Digest()
    events = [*started(SETTINGS, device="CPU", execution=["CPU"]), ended(rows)]
    digest.feed(update(rows, *events, now_s=last_look_s, submitted=len(rows), finished=True))
    assert judged(digest).seconds == 3


@pytest.mark.parametrize("late_s", [0.0, 0.3, 2.6])
def test_records_that_come_late_are_in_their_second(late_s: float) -> None:
    """Looked at each 0.1 s; each record comes `late_s` after its request is back; some seconds on a busy machine."""
    rows, digest = load(6.0), Digest()
    digest.feed(update(None, *started(SETTINGS, device="CPU", execution=["CPU"])))
    seen = 0
    for now_s in np.arange(0.1, 6.6, 0.1):
        upto = int(np.searchsorted(rows["done_ns"], (now_s - late_s) * 1e9))
        digest.feed(update(rows[seen:upto], now_s=now_s, submitted=upto))
        seen = upto
    digest.feed(update(rows[seen:], ended(rows), now_s=7.0, submitted=len(rows), finished=True))
    series = digest.seconds.since(1.0, 6.0)
    assert series.t_s.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert series.count.tolist() == [100.0] * 5


def test_a_client_that_comes_late_has_all_seconds() -> None:
    """A load of 150 s, looked at each quarter of a second; read as a history, at once, or in parts while the clock goes
    on."""
    rows, end_s = load(150.0), 151.0
    events = [*started(SETTINGS, device="CPU", execution=["CPU"]), ended(rows)]
    first, at_once, in_parts = Digest(), Digest(), Digest()
    first.feed(update(None, *events[:-1]))
    seen = 0
    for now_s in np.arange(0.25, 150.25, 0.25):
        upto = int(np.searchsorted(rows["done_ns"], now_s * 1e9))
        first.feed(update(rows[seen:upto], now_s=float(now_s), submitted=upto))
        seen = upto
    first.feed(update(rows[seen:], events[-1], now_s=end_s, submitted=len(rows), finished=True))
    at_once.feed(update(rows, *events, now_s=end_s, submitted=len(rows), finished=True))
    half = len(rows) // 2
    in_parts.feed(update(rows[:half], *events, now_s=end_s, submitted=len(rows), read_share=0.5))
    in_parts.feed(update(rows[half:], now_s=end_s + 1, submitted=len(rows), finished=True))
    expected = first.seconds.since(1.0, 149.0)
    assert len(expected.t_s) == 148
    for digest in (at_once, in_parts):
        found = digest.seconds.since(1.0, 149.0)
        assert found.t_s.tolist() == expected.t_s.tolist()
        assert found.count.tolist() == expected.count.tolist()
        assert judged(digest) == judged(first)
