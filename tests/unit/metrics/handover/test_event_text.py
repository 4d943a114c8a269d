from __future__ import annotations

import typing

import msgspec
import pytest
from samples import SECOND, began, compiled, device_changed, model_read, segment, spawned, started, update

from ovtui.dashboard.keys.keymap import DEFAULT_BINDINGS
from ovtui.dashboard.views.event_line import newest_entry
from ovtui.metrics.digest import Digest
from ovtui.metrics.handover.event_text import describe_event
from ovtui.metrics.session.session_state import SessionState
from ovtui.records import events as kinds
from ovtui.records.diagnosis import Diagnosis
from ovtui.records.events import (
    AcceleratorChanged,
    BatchingLearnt,
    Ending,
    EngineDiagnosed,
    EngineExited,
    EngineFailed,
    EngineResumed,
    EngineStalled,
    Event,
    FirstInference,
    IdleMeasured,
    LoadEnded,
    LoadPaused,
    LogLine,
    Note,
    OtherLoadBegan,
    OtherLoadEnded,
    PowerSources,
    RecordingBegan,
    RecordingEnded,
    Refused,
    StudyBegan,
    StudyEnded,
    StudyPoint,
    StudyStep,
    StudyStopping,
    ThrottleBegan,
    ThrottleEnded,
    TrialBegan,
    TrialEnded,
    TrialTurn,
    TurnBegan,
    TurnEnded,
    TurnRefused,
)
from ovtui.records.study_events import FindRateSpec
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

UNLOGGED = {kinds.DeviceProperties, kinds.CompiledProperties, kinds.StateGrew, kinds.BesideSecond, kinds.StudyLayers}
"""SessionState.log leaves them out."""


def event_text(*events: Event) -> tuple[str, str, str]:
    """Of the last one."""
    session_state = SessionState()
    for event in events:
        session_state.fold(event)
    shown = describe_event(session_state.log[-1], session_state)
    assert shown.t_ns == events[-1].t_ns
    return shown.label, shown.text, shown.severity


def news(state: str, device: str = "GPU.0", **rest: object) -> AcceleratorChanged:
    return AcceleratorChanged(t_ns=SECOND, engine=1, device=device, state=state, **rest)


@pytest.mark.parametrize(
    ("learnt", "expected"),
    [
        ({"size": 8}, "8 requests make a full batch on GPU.0"),
        ({"size": 1}, "GPU.0 batches nothing"),
        ({"size": 0}, "GPU.0 does not tell how many requests make a full batch"),
        (
            {"probe_cost_us": 45.2, "probe_cost_low_us": 41.0, "probe_cost_high_us": 49.0},
            "the batch probe costs about 45 us of each run on GPU.0",
        ),
        (
            {"probe_cost_us": 3.0, "probe_cost_low_us": -4.0, "probe_cost_high_us": 11.6},
            "the batch probe costs less than 12 us of each run on GPU.0",
        ),
    ],
)
def test_what_the_batching_device_told(learnt: dict[str, float], expected: str) -> None:
    event = BatchingLearnt(t_ns=1, engine=1, device="GPU.0", **learnt)  # type: ignore[arg-type]
    assert event_text(spawned(), event)[1] == expected


def test_every_kind_of_event_has_a_text() -> None:
    settings = Settings()
    samples = [
        began(),
        spawned(),
        model_read(),
        compiled(),
        FirstInference(t_ns=1, engine=1, since_spawn_ms=901.3, infer_ms=8.06),
        segment(2, changes=["streams 1→2"]),
        device_changed(["(CPU)"], ["GPU.0"], 4.0),
        news("compiling"),
        TrialBegan(t_ns=1, trial=1, engine=2, a=settings, b=settings, changes=["in flight 1→2"], limit_s=30.0),
        TrialTurn(t_ns=1, trial=1, side="B", engine=2, segment=2),
        TrialEnded(t_ns=1, trial=1, reason="done"),
        StudyBegan(t_ns=1, study=1, spec=FindRateSpec(slo="p99<20ms"), settings=settings),
        StudyStep(t_ns=1, study=1, doing="measuring", text="412/s"),
        StudyPoint(t_ns=1, study=1, point=1, text="412/s", values={"rate": "412"}, settings=settings, outcome="held"),
        StudyStopping(t_ns=1, study=1),
        StudyEnded(t_ns=1, study=1, reason="done", text="holds 412/s, fails 438/s"),
        TurnBegan(t_ns=1, turn=1, segment=2, engine=1),
        TurnRefused(t_ns=1, turn=1, reason="no TPU"),
        TurnEnded(t_ns=1, turn=1, halted_ns=1),
        BatchingLearnt(t_ns=1, engine=1, device="GPU.0", size=8),
        Refused(t_ns=1, settings=settings, changes=["device CPU→TPU"], reason="no TPU"),
        EngineFailed(t_ns=1, engine=1, reason="no such file"),
        EngineExited(t_ns=1, engine=1, expected=False, code=-9, signal="SIGKILL"),
        LoadEnded(t_ns=1, engine=1, reason="stopped", submitted=5),
        EngineStalled(t_ns=2, engine=1, pid=7, since_ns=1, cause="stopped", in_flight=1),
        EngineResumed(t_ns=3, engine=1, since_ns=1),
        EngineDiagnosed(
            t_ns=3,
            engine=1,
            occasion="asked",
            diagnosis=Diagnosis(engine=1, pid=7, phase="load", doing="making the load", where="works"),
        ),
        ThrottleBegan(t_ns=1, source="cpu"),
        ThrottleEnded(t_ns=2, source="gpu", since_ns=1, reasons=["PL1"]),
        OtherLoadBegan(t_ns=1, name="make", pid=9, percent=38.0),
        OtherLoadEnded(t_ns=2, name="", pid=0, since_ns=1, percent=38.0),
        PowerSources(t_ns=1),
        LoadPaused(t_ns=1, engine=1, until_ns=5_000_000_001),
        IdleMeasured(t_ns=2, since_ns=1, watts={"cpu_watts": 3.0}, reason="asked"),
        RecordingBegan(t_ns=1, path="/tmp/a.ovtui", limit_bytes=1),
        RecordingEnded(t_ns=1, path="/tmp/a.ovtui", reason="the disk is full"),
        Note(t_ns=1, severity="info", text="note"),
        LogLine(t_ns=1, engine=1, text="AUTO scheduler starting"),
    ]
    assert {type(sample) for sample in samples} == set(typing.get_args(kinds.Event)) - UNLOGGED
    for sample in samples:
        label, text, severity = event_text(spawned(), sample)
        assert 0 < len(label) <= 9
        assert label == label.upper()
        assert text
        assert severity in ("info", "warning", "error")
        assert msgspec.json.encode(sample)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (news("compiling"), ("AUTO", "chose GPU.0 and compiles for it", "info")),
        (news("compiled", compile_ms=3726.3), ("AUTO", "GPU.0 compiled in 3.73 s", "info")),
        (news("failed", reason="no memory"), ("AUTO", "GPU.0 failed to compile: no memory", "warning")),
        (news("released", "CPU"), ("AUTO", "the stand-in was released", "info")),
        (
            device_changed(["(CPU)"], ["GPU.0"], 4.0, 3.61),
            ("HANDOVER", "(CPU) → GPU.0, 3.61 s after the compile began", "info"),
        ),
        (
            device_changed(["GPU.0"], ["CPU"], 9.0),
            ("FALLBACK", "GPU.0 failed while running; the CPU serves", "warning"),
        ),
        (device_changed(["GPU.0"], ["GPU.1"], 9.0), ("DEVICE", "GPU.0 → GPU.1", "info")),
    ],
)
def test_events_of_the_accelerator(event: Event, expected: tuple[str, str, str]) -> None:
    assert event_text(*started(), event) == expected


def test_a_cpu_that_stays_has_its_reason() -> None:
    events = [*started(), news("failed", reason="no memory"), news("released", "CPU")]
    shown = event_text(*events, device_changed(["(CPU)"], ["CPU"], 2.0))
    assert shown == ("STAYS", "the CPU stays: GPU.0 failed to compile: no memory", "warning")


def test_a_compile_names_the_serving_device_and_why_there_is_no_stand_in() -> None:
    assert event_text(spawned(), compiled())[1] == "for AUTO:GPU,CPU in 210 ms; (CPU) stands in"
    settings = Settings(device="AUTO:GPU,CPU", cache_dir="/tmp/cache")
    assert event_text(spawned(settings=settings), compiled(execution=["GPU.0"]))[1] == (
        "for AUTO:GPU,CPU in 210 ms; GPU.0 serves: from cache, no stand-in"
    )
    off = with_changes(settings, {"properties": {"ENABLE_STARTUP_FALLBACK": "NO"}})
    assert event_text(spawned(settings=off), compiled(execution=["GPU.0"]))[1] == (
        "for AUTO:GPU,CPU in 210 ms; GPU.0 serves: startup fallback is off, no stand-in"
    )
    assert event_text(spawned(), compiled(device="CPU", execution=["CPU"]))[1] == "for CPU in 210 ms; CPU serves"


def test_an_engine_that_was_meant_to_end_did_not_die() -> None:
    gone = EngineExited(t_ns=1, engine=1, expected=True, code=-9, signal="SIGKILL")
    assert event_text(*started(), gone) == ("ENGINE", "engine 1 ended", "info")
    died = EngineExited(
        t_ns=1, engine=1, expected=False, code=3, last_words="terminate called", unfinished=16, unsent=5
    )
    assert event_text(*started(), died) == (
        "DIED",
        "engine 1 died: exit code 3, 16 requests unfinished, 5 unsent; its last error: terminate called",
        "error",
    )


@pytest.mark.parametrize("reason", typing.get_args(Ending))
def test_every_ending_has_its_text(reason: Ending) -> None:
    """A trace that ended once stopped the dashboard, which had no label for it."""
    event = LoadEnded(t_ns=SECOND, engine=1, reason=reason, submitted=1234, unsent=5)
    label, text, _ = event_text(event)
    assert label == "ENDED"
    assert text.endswith("; 1,234 submitted, 5 unsent")
    digest = Digest()
    digest.feed(update(None, *started(), event, now_s=2))
    assert newest_entry(digest.snapshot(), DEFAULT_BINDINGS)[0] == "ENDED"
