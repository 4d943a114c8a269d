"""A trial is announced before the engine of its settings: a recording of one is whole."""

from __future__ import annotations

import msgspec
from samples import SECOND, began, compiled, spawned

from ovtui.records.events import Event, TrialBegan
from ovtui.records.session_file.damage import Damage
from ovtui.records.session_file.stored_events import StoredEvents
from ovtui.settings.schema.settings import Settings

TRIAL = TrialBegan(t_ns=SECOND, trial=1, engine=2, a=Settings(), b=Settings(), changes=[], limit_s=30)


def damage_of(events: list[Event]) -> str:
    damage = Damage()
    decoder = StoredEvents(damage, last_ns=100 * SECOND)
    for event in events:
        list(decoder.decode(event.__struct_config__.tag, msgspec.json.encode(event)))
    return damage.text


def test_a_trial_comes_before_its_engine() -> None:
    assert damage_of([began(), spawned(1), TRIAL, spawned(2, t_s=1), compiled(2, t_s=2)]) == ""


def test_an_engine_that_never_started_is_still_missed() -> None:
    assert damage_of([began(), spawned(1), TRIAL, compiled(2, t_s=2)]) == "the start of an engine is missing"
