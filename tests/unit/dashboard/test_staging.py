from __future__ import annotations

import pytest
from fake_source import FakeSource

from ovtui.dashboard.settings_pane.value_steps import next_choice, step
from ovtui.dashboard.staging import Staging, value_text
from ovtui.metrics.digest import Digest
from ovtui.records.events import LoadEnded
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import Settings, fields


class Session:
    """A fake source, its digest and a staging that follows it."""

    def __init__(self, source: FakeSource | None = None) -> None:
        self.source = source or FakeSource()
        self.digest = Digest()
        self.staging = Staging()
        self.advance(1.0)

    def advance(self, seconds: float) -> None:
        self.source.advance(seconds)
        self.digest.feed(self.source.poll())
        self.staging.update(self.digest.session_state)


def test_a_live_change_is_sent_after_a_tick_without_another_one() -> None:
    session = Session()
    for nireq in (17, 18):
        session.staging.propose("nireq", nireq)
        assert session.staging.take_live() is None
    settings = session.staging.take_live()
    assert settings is not None
    assert settings.nireq == 18
    assert session.staging.take_live() is None


def test_a_live_change_is_shown_before_it_is_in_force() -> None:
    session = Session()
    session.staging.propose("nireq", 20)
    assert session.staging.value("nireq") == 20
    assert session.staging.in_force.nireq == 16
    assert not session.staging.staged


def test_changes_that_recompile_wait_and_go_together() -> None:
    session = Session()
    session.staging.propose("hint", "latency")
    session.staging.propose("nstreams", "2")
    assert session.source.applied == []
    settings = session.staging.apply()
    assert (settings.hint, settings.nstreams) == ("latency", "2")
    session.source.apply(settings)
    session.advance(0.5)
    assert list(session.staging.staged) == ["hint", "nstreams"]
    assert session.staging.applying
    session.advance(2.0)
    assert session.staging.staged == {}
    assert session.staging.in_force.hint == "latency"
    assert not session.staging.applying


def test_apply_includes_live_changes_that_were_not_sent_yet() -> None:
    session = Session()
    session.staging.propose("nireq", 20)
    session.staging.propose("hint", "latency")
    assert session.staging.apply().nireq == 20
    session.staging.take_live()
    assert session.staging.take_live() is None


def test_undo_goes_back_one_change_at_a_time() -> None:
    staging = Session().staging
    staging.propose("nstreams", "2")
    staging.propose("nstreams", "3")
    staging.propose("hint", "latency")
    staging.undo()
    assert staging.staged == {"nstreams": "3"}
    staging.undo()
    assert staging.staged == {"nstreams": "2"}
    staging.undo()
    staging.undo()
    assert staging.staged == {}
    assert staging.apply() is None


def test_undo_all_reverts_every_staged_change() -> None:
    staging = Session().staging
    staging.propose("nstreams", "2")
    staging.propose("hint", "latency")
    staging.undo_all()
    staging.undo()
    assert staging.staged == {}


def test_undo_reverts_changes_staged_after_apply_but_not_the_applied_ones() -> None:
    session = Session()
    staging = session.staging
    staging.propose("hint", "latency")
    session.source.apply(staging.apply())
    staging.propose("nstreams", "2")
    staging.undo()
    assert staging.staged == {"hint": "latency"}
    with pytest.raises(SettingsError, match="being applied"):
        staging.undo()
    assert staging.undo_all()
    staging.propose("seed", 3)
    assert not staging.undo_all()
    assert staging.staged == {"hint": "latency"}
    staging.propose("seed", 4)
    session.advance(2.0)
    assert staging.in_force.hint == "latency"
    assert staging.staged == {"seed": 4}
    assert not staging.applying
    staging.undo()
    assert staging.staged == {}


def test_the_reverse_of_an_applied_change_can_be_staged() -> None:
    session = Session()
    staging = session.staging
    staging.propose("hint", "latency")
    session.source.apply(staging.apply())
    staging.propose("hint", "throughput")
    assert staging.apply() is None
    session.advance(2.0)
    assert (staging.in_force.hint, staging.staged) == ("latency", {"hint": "throughput"})
    assert not staging.applying
    assert staging.apply().hint == "throughput"


def test_a_value_equal_to_the_one_in_force_is_no_change() -> None:
    staging = Session().staging
    staging.propose("hint", "latency")
    staging.propose("hint", "throughput")
    assert staging.staged == {}
    staging.undo()
    assert staging.staged == {"hint": "latency"}


def test_a_refusal_keeps_what_was_staged_for_correction() -> None:
    session = Session()
    session.source.refuse = "no such device"
    session.staging.propose("device", "NPU")
    session.source.apply(session.staging.apply())
    session.advance(0.1)
    assert session.staging.staged == {"device": "NPU"}
    assert not session.staging.applying
    assert session.staging.in_force.device == "AUTO:GPU,CPU"


def test_an_invalid_value_changes_nothing_and_is_explained() -> None:
    staging = Session().staging
    with pytest.raises(SettingsError, match="at most 4096"):
        staging.propose("nireq", 5000)
    with pytest.raises(SettingsError, match="streams"):
        staging.propose("nstreams", "many")
    assert staging.value("nireq") == 16
    assert staging.staged == {}


def test_settings_read_at_the_start_cannot_be_changed() -> None:
    staging = Session().staging
    with pytest.raises(SettingsError, match="when the session starts"):
        staging.propose("duration_s", 5.0)


def test_the_batch_timeout_is_live_on_an_explicit_batch_device_only() -> None:
    staged = Session().staging
    staged.propose("batch_timeout_ms", 50)
    assert staged.staged == {"batch_timeout_ms": 50}
    live = Session(FakeSource(settings=Settings(device="BATCH:CPU(4)"), handover_s=None)).staging
    live.propose("batch_timeout_ms", 50)
    assert live.staged == {}
    assert live.take_live() is None
    assert live.take_live().batch_timeout_ms == 50


def test_staged_changes_name_old_and_new() -> None:
    staging = Session().staging
    staging.propose("nstreams", "2")
    assert staging.staged_changes() == [("streams", "by the hint", "2")]


def test_every_setting_can_be_shown() -> None:
    settings = Settings()
    for name in fields():
        assert value_text(name, getattr(settings, name))
    assert value_text("batch_timeout_ms", 50) == "50 ms"
    assert value_text("rate", 33.3) == "33.3/s"


def test_steps_stay_in_the_range_of_the_field() -> None:
    nireq = fields()["nireq"]
    assert step(nireq, 16, 1) == 17
    assert step(nireq, 0, 1, implied=16) == 17
    assert step(nireq, 1, -1) == 0
    assert step(nireq, 4096, 1) == 4096
    timeout = fields()["batch_timeout_ms"]
    assert step(timeout, None, 1) == 1010
    assert step(timeout, 5, -1) == 1
    assert step(timeout, 1, 1) == 10
    assert step(fields()["device"], "CPU", 1) is None


def test_a_rate_steps_by_tenths_and_starts_at_the_closed_loops_throughput() -> None:
    rate = fields()["rate"]
    assert step(rate, 0.0, 1, implied=412.6) == 413.0
    assert step(rate, 100.0, 1) == 110.0
    assert step(rate, 1.0, -1) == 0.0
    assert step(rate, 0.0, -1) == 0.0


def test_streams_step_from_what_the_hint_chooses() -> None:
    streams = fields()["nstreams"]
    assert step(streams, "", 1) == "1"
    assert step(streams, "1", -1) == ""


def test_choices_wrap_around_and_devices_are_those_of_this_machine() -> None:
    hint = fields()["hint"]
    assert next_choice(hint, "cumulative_throughput", 1) == "none"
    assert next_choice(hint, "none", -1) == "cumulative_throughput"
    device = fields()["device"]
    assert next_choice(device, "AUTO", 1, ["CPU", "GPU.0"]) == "AUTO:GPU.0,CPU"
    assert next_choice(device, "HETERO:GPU,CPU", 1, ["CPU", "GPU.0"]) == "AUTO"
    assert next_choice(fields()["probe"], "auto", 1) == "yes"
    assert next_choice(fields()["shape"], "", 1) is None
    kind = fields()["input_precision"]
    assert next_choice(kind, "default", 1) == "f32"
    assert next_choice(kind, "image:u8", 1) == next_choice(kind, "boolean", 1) == "default"


def test_a_remedy_of_several_settings_is_staged_whole_with_the_live_ones() -> None:
    session = Session()
    assert session.staging.stage({"nireq": 4, "hint": "latency"}) == ["nireq", "hint"]
    assert session.staging.staged == {"nireq": 4, "hint": "latency"}
    assert session.staging.take_live() is None
    assert session.staging.stage({"nireq": 4}) == []
    session.staging.undo()
    session.staging.undo()
    assert session.staging.staged == {}


def test_an_invalid_remedy_stages_nothing() -> None:
    session = Session()
    with pytest.raises(SettingsError):
        session.staging.stage({"hint": "latency", "nireq": -4})
    with pytest.raises(SettingsError, match="when the session starts"):
        session.staging.stage({"hint": "latency", "duration_s": 4.0})
    assert session.staging.staged == {}


def test_cancelled_changes_are_no_longer_staged() -> None:
    session = Session()
    session.staging.propose("hint", "latency")
    session.source.apply(session.staging.apply())
    session.advance(0.5)
    assert session.staging.undo_all()
    assert session.staging.applying
    session.source.cancel_change()
    session.advance(5.0)
    assert (session.staging.staged, session.staging.applying) == ({}, False)
    assert session.staging.in_force.hint == "throughput"
    session.staging.propose("hint", "latency")  # as if nothing had been applied
    assert session.staging.apply().hint == "latency"


def test_cancelling_keeps_changes_staged_after_apply() -> None:
    session = Session()
    session.staging.propose("hint", "latency")
    session.source.apply(session.staging.apply())
    session.advance(0.5)
    session.staging.propose("nstreams", "2")
    assert not session.staging.undo_all()  # reverts what was staged since, and only then the rest
    assert session.staging.staged == {"hint": "latency"}
    session.staging.propose("nstreams", "3")
    session.source.cancel_change()
    session.advance(5.0)
    assert session.staging.staged == {"nstreams": "3"}


def test_cancelling_too_late_changes_nothing() -> None:
    session = Session()
    session.staging.propose("hint", "latency")
    session.source.apply(session.staging.apply())
    session.advance(0.5)
    assert session.staging.undo_all()
    session.advance(5.0)
    session.source.cancel_change()
    session.advance(0.5)
    assert session.staging.in_force.hint == "latency"
    assert (session.staging.staged, session.staging.applying) == ({}, False)


def test_nothing_is_staged_after_the_load_has_ended() -> None:
    session = Session()
    session.source.tell(LoadEnded(t_ns=2_000_000_000, engine=1, reason="count", submitted=10))
    session.advance(1.0)
    for change in (lambda: session.staging.propose("nireq", 20), lambda: session.staging.stage({"hint": "latency"})):
        with pytest.raises(SettingsError, match="the load has ended"):
            change()
    assert session.staging.staged == {}


def test_a_rate_is_shown_as_in_the_header() -> None:
    assert value_text("rate", 1000 / 30) == "33.33/s"
