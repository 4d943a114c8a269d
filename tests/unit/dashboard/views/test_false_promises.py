"""What the event line does not promise: in a recording nothing can be started, applied or woken."""

from __future__ import annotations

from fake_source import SECOND, FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.views.device_line import DeviceLine
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.header import Header
from ovtui.metrics.session.standstill import resumed_event_text, stalled_event_text, standstill_text
from ovtui.records.events import EngineExited, EngineFailed, EngineResumed, EngineStalled, Event, LoadEnded

STALLED = EngineStalled(t_ns=82 * SECOND, engine=1, pid=12, since_ns=79_400_000_000, cause="stopped", in_flight=4)


def line_after(event: Event, *, replayed: bool) -> tuple[str, str, str]:
    """The event line, the footer and what the key R answers, after that event."""
    source, seen = FakeSource(replayed=replayed), []

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        source.tell(event)
        await stage.advance(1)
        seen.extend([" ".join(stage.text(EventLine).split()), stage.text(Footer)])
        await stage.press("R")
        seen.append(stage.text(EventLine))

    on_stage(act, source)
    assert source.restarts == (not replayed and not isinstance(event, LoadEnded))
    return seen[0], seen[1], seen[2]


def test_a_dead_engine_is_started_again_only_where_it_can_be() -> None:
    died = EngineExited(t_ns=5 * SECOND, engine=1, expected=False, signal="SIGKILL", code=-9)
    told, footer, answer = line_after(died, replayed=False)
    assert "R starts it again" in told
    assert "R restart" in footer
    assert "starting the engine again" in answer
    told, footer, answer = line_after(died, replayed=True)
    assert "DIED engine died: SIGKILL" in told
    assert "R " not in told
    assert "R restart" not in footer
    assert "no engine can be started" in answer


def test_a_failure_names_the_keys_of_its_settings_and_in_a_replay_none() -> None:
    failed = EngineFailed(t_ns=5 * SECOND, engine=1, reason="its shape is open: give it with --shape")
    told, *_ = line_after(failed, replayed=False)
    assert told.startswith("FAILED its shape is open: give it with shape (s, then /shape)")
    told, *_ = line_after(failed, replayed=True)
    assert told.startswith("FAILED its shape is open: give it with shape")
    assert "s, then" not in told


def test_a_failure_that_names_no_setting_says_where_they_are() -> None:
    failed = EngineFailed(t_ns=5 * SECOND, engine=1, reason="model.xml: a text, not a model")
    told, *_ = line_after(failed, replayed=False)
    assert told.startswith("FAILED model.xml: a text, not a model (s opens the settings, x applies them)")
    told, *_ = line_after(failed, replayed=True)
    assert "opens the settings" not in told


def test_the_end_of_a_recording_is_said() -> None:
    ended = LoadEnded(t_ns=5 * SECOND, engine=1, reason="duration", submitted=100)
    assert "here the recording ends; q prints the summary" in line_after(ended, replayed=True)[0]
    assert "recording ends" not in line_after(ended, replayed=False)[0]


def test_a_standstill_says_since_when_and_for_how_long() -> None:
    now_ns = 87_600_000_000
    assert standstill_text(STALLED, now_ns, 930) == (
        "no request has come back since 01:19.4 (8.20 s), 930 are due: its process is stopped (SIGSTOP): kill -CONT 12"
    )
    assert standstill_text(STALLED, now_ns, 930, replayed=True) == (
        "no request came back since 01:19.4 (8.20 s), 930 were due: its process was stopped (SIGSTOP)"
    )
    assert "kill" not in stalled_event_text(STALLED)
    resumed = EngineResumed(t_ns=now_ns, engine=1, since_ns=STALLED.since_ns)
    assert resumed_event_text(resumed) == "no request came back from 01:19.4 to 01:27.6 (8.20 s)"


def test_a_view_that_has_drawn_no_frame_says_nothing() -> None:
    for panel in (Header, DeviceLine, EventLine):
        assert panel().draw(120).plain == ""
