"""`--arrival poisson:SEED`: times of their own, whatever the seed of the inputs."""

from __future__ import annotations

from itertools import islice

import pytest

from ovtui.records.schedules import due_times
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.arrival import parse_arrival
from ovtui.settings.schema.settings import Settings


def times(arrival: str, seed: int = 0) -> list[float]:
    due = due_times(Settings(rate=100.0, arrival=arrival, seed=seed))
    assert due is not None
    return list(islice(due, 50))


def test_its_own_seed_takes_the_place_of_that_of_the_inputs() -> None:
    assert times("poisson:7") == times("poisson:7", seed=3) == times("poisson", seed=7)
    assert times("poisson:7") != times("poisson:8")


@pytest.mark.parametrize("arrival", ["poisson:-1", "poisson:x", "poisson:1.5"])
def test_what_is_no_seed_is_refused(arrival: str) -> None:
    with pytest.raises(SettingsError, match="not a form of arrival"):
        parse_arrival(arrival)
