"""What an event has in common with an earlier one is kept once."""

from __future__ import annotations

import msgspec
from samples import compiled, model_read, segment, spawned, started

from ovtui.metrics.session.session_state import SessionState
from ovtui.records.events import Event
from ovtui.settings.schema.settings import Settings

SETTINGS = Settings(device="AUTO:GPU,CPU", slo="p99<20ms", properties={"PERF_COUNT": "YES"})


def arrived(event: Event) -> Event:
    """As it comes from the host: with no part of another one."""
    return msgspec.json.decode(msgspec.json.encode(event), type=type(event))


def test_a_segment_shares_what_is_set_as_before() -> None:
    state = SessionState()
    for event in started(SETTINGS):
        state.fold(arrived(event))
    before = state.settings
    changed = msgspec.structs.replace(SETTINGS, nireq=7, slo="p99<30ms")
    state.fold(arrived(segment(2, settings=changed, changes=["requests 3→7"])))
    after = state.settings
    assert after == changed
    assert after is not None
    assert before is not None
    assert after.properties is before.properties
    assert after.device is before.device
    assert before == SETTINGS


def test_the_same_settings_are_one_object() -> None:
    state = SessionState()
    for event in started(SETTINGS):
        state.fold(arrived(event))
    before = state.settings
    state.fold(arrived(segment(2, settings=SETTINGS)))
    assert state.settings is before


def test_engines_share_the_model_and_the_devices() -> None:
    state = SessionState()
    for event in (*started(SETTINGS), spawned(2, 1.0, SETTINGS), model_read(2, 1.1), compiled(2, 1.2)):
        state.fold(arrived(event))
    first, second = state.engines.values()
    assert first.model is not None
    assert second.model is not None
    assert second.model.engine == 2
    assert second.model.available is first.model.available
    assert second.model.inputs is first.model.inputs
    assert second.settings is state.settings
