"""Whether a study may begin, who may command it, and how it ends; the process is the test's."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import msgspec
import pytest
from layer_samples import layer
from test_trials import B, Trialled, started

from ovtui.host import studies, study_process
from ovtui.host.client_protocol import (
    Apply,
    BeginStudy,
    CancelChange,
    MeasureIdle,
    Rest,
    Restart,
    Stop,
    TakeTurn,
    Tell,
    Try,
)
from ovtui.host.connections import Connection
from ovtui.host.studies import STOP_S, Studies
from ovtui.records.engine_protocol import Halt
from ovtui.records.events import (
    Event,
    IdleMeasured,
    Refused,
    StudyBegan,
    StudyEnded,
    StudyLayers,
    StudyPoint,
    StudyStep,
    StudyStopping,
    TrialBegan,
    TurnEnded,
)
from ovtui.records.study_events import BesideSpec, FindRateAnswer, FindRateSpec, LayersAnswer, LayersSpec
from ovtui.settings.changes import with_changes
from ovtui.settings.schema.settings import Settings

SPEC = FindRateSpec(slo="p99<20ms")
BASE = Settings(nireq=3)
LAYERS = LayersSpec(settings=BASE, devices=["CPU"])


class Process:
    """In place of a study's process."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.killed = False

    def kill(self) -> None:
        self.killed = True

    def close(self) -> None: ...

    def end_text(self) -> str:
        return "exit code 1; its last error: ValueError: no"


class Study:
    """A host with studies, and the connection of the newest study's process."""

    def __init__(self, host: Trialled, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host = host
        self.studies = Studies(self, host.supervisor, lambda: host.now_ns)
        self.processes: list[Process] = []
        self.numbers: list[int] = []
        """Of the studies that they were started for."""
        self.connections: list[Connection] = []
        self.now_s = 100.0
        monkeypatch.setattr(study_process, "spawn", self._spawn)
        monkeypatch.setattr(studies.time, "monotonic", lambda: self.now_s)

    def _spawn(self, study: int) -> tuple[socket.socket, Process]:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.close()
        self.numbers.append(study)
        self.processes.append(Process(1000 + len(self.processes)))
        return ours, self.processes[-1]

    def publish(self, event: Event) -> None:
        self.host.publish(event)

    def connect_study(self, sock: socket.socket, pid: int) -> Connection:
        self.connections.append(Connection(sock, False, pid))
        return self.connections[-1]

    def tells(self, event: StudyStep | StudyPoint | StudyLayers | StudyEnded | TrialBegan) -> None:
        self.studies.execute(self.connections[-1], Tell(event=event))

    def refused(self) -> list[tuple[list[str], str]]:
        return [(event.changes, event.reason) for event in self.host.events if isinstance(event, Refused)]

    @property
    def ended(self) -> StudyEnded | None:
        (*_, last) = [None, *(event for event in self.host.events if isinstance(event, StudyEnded))]
        return last


@pytest.fixture
def study(monkeypatch: pytest.MonkeyPatch) -> Iterator[Study]:
    for host in started(monkeypatch, BASE):
        made = Study(host, monkeypatch)
        yield made
        for connection in made.connections:
            connection.wire.close()


def test_it_begins_with_the_settings_in_force(study: Study) -> None:
    study.studies.begin(SPEC)
    (began,) = study.host.of(StudyBegan)
    assert study.numbers == [began.study]
    assert isinstance(began, StudyBegan)
    assert (began.study, began.spec, began.settings) == (1, SPEC, BASE)
    assert study.studies.running


def test_a_second_one_is_refused(study: Study) -> None:
    study.studies.begin(SPEC)
    study.studies.begin(BesideSpec(settings=BASE))
    assert study.refused() == [(["beside"], "a study runs already; another can begin after it")]
    assert len(study.processes) == 1


@pytest.mark.parametrize(
    ("settings", "what", "reason"),
    [
        (BASE, "trial", "a trial runs; a study can begin after it"),
        (BASE, "change", "another change is being applied; a study can begin after it"),
        (BASE, "stand-in", "the stand-in serves: a study can begin once the accelerator does"),
        (BASE, "death", "a study needs a load that runs"),
        (Settings(duration_s=5), "", "a study says itself how long each point serves; leave --duration and --requests "
         "away"),
        (Settings(requests=5), "", "a study says itself how long each point serves; leave --duration and --requests "
         "away"),
        (Settings(rate=5, arrival="ramp:9:5"), "", "a study begins the load anew at each point, and this schedule "
         "changes with time"),
    ],
)  # fmt: skip
def test_where_none_can_begin_one_sentence_says_why(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, what: str, reason: str
) -> None:
    for host in started(monkeypatch, settings):
        study = Study(host, monkeypatch)
        if what == "trial":
            host.supervisor.trials.begin(B, 30.0)
        elif what == "change":
            host.supervisor.apply(with_changes(settings, {"nthreads": 1}))
        elif what == "stand-in":
            host.a.process.devices = ["(CPU)"]
        elif what == "death":
            host.kill(host.a)
        study.studies.begin(SPEC)
        assert study.refused() == [(["find-rate"], reason)]
        assert (study.processes, host.of(StudyBegan)) == ([], [])


def test_where_no_process_can_be_started_it_is_refused(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def spawn(_study: int) -> object:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(study_process, "spawn", spawn)
    study.studies.begin(SPEC)
    assert study.refused() == [
        (["find-rate"], "no process can be started for it: Resource temporarily unavailable")
    ]  # fmt: skip
    assert not study.studies.running


def test_what_a_person_may_not_do_meanwhile_is_refused_with_a_sentence(study: Study) -> None:
    assert not study.studies.refuses(Apply(settings=B))
    study.studies.begin(SPEC)
    for command in (Apply(settings=B), Try(settings=B), Restart()):
        assert study.studies.refuses(command)
    assert [reason for _, reason in study.refused()] == ["a study runs; end it first"] * 3
    assert study.refused()[0][0] == ["in flight 3→4"]
    assert study.studies.refuses(MeasureIdle())
    (idle,) = study.host.of(IdleMeasured)
    assert isinstance(idle, IdleMeasured)
    assert idle.text == "a study runs; the idle machine can be measured after it"
    for allowed in (Stop(), CancelChange(), BeginStudy(spec=SPEC)):
        assert not study.studies.refuses(allowed)


def test_what_it_tells_is_published_while_it_runs(study: Study) -> None:
    study.studies.begin(SPEC)
    study.host.now_ns = 5
    step = StudyStep(t_ns=1, study=1, doing="measuring", text="412/s")
    trial = TrialBegan(t_ns=1, trial=1, engine=1, a=BASE, b=B, changes=[], limit_s=9)
    study.tells(step)
    study.tells(trial)
    assert study.host.of(StudyStep) == [StudyStep(t_ns=5, study=1, doing="measuring", text="412/s")]
    assert study.host.of(TrialBegan) == [trial]
    assert len(study.host.engines) == 1, "the host has no trial of its own"
    answer = FindRateAnswer(holds_per_s=412, fails_per_s=430, probes=9, lasted_s=60)
    study.tells(StudyEnded(t_ns=2, study=1, reason="done", text="412/s holds", answer=answer))
    assert study.ended is not None
    assert (study.ended.text, study.ended.answer) == ("412/s holds", answer)
    study.tells(step)
    assert len(study.host.of(StudyStep)) == 1
    study.studies.left(study.connections[0])
    assert len(study.host.of(StudyEnded)) == 1, "it exits when it has told"
    assert not study.studies.running


def test_its_turns_are_taken_and_the_settings_before_it_serve_again(study: Study) -> None:
    study.studies.begin(SPEC)
    faster = with_changes(BASE, {"nireq": 5})
    study.studies.execute(study.connections[0], TakeTurn(turn=1, settings=faster))
    host = study.host
    host.drains(host.a, 100)
    assert host.serves(host.a).settings == faster
    study.studies.execute(study.connections[0], Rest())
    host.drains(host.a, 120)
    study.tells(StudyEnded(t_ns=2, study=1, reason="done", text=""))
    assert host.serves(host.a).settings == BASE
    assert not study.studies.running


def test_the_load_rests_while_layers_are_profiled_and_the_same_engine_goes_on(study: Study) -> None:
    study.studies.begin(LAYERS)
    host = study.host
    study.studies.execute(study.connections[0], Rest())
    host.drains(host.a, 100)
    assert [event.turn for event in host.of(TurnEnded) if isinstance(event, TurnEnded)] == [0]
    host.now_ns = 7
    part = StudyLayers(t_ns=1, study=1, device="CPU", layers=[layer(0, 3.0)])
    study.tells(part)
    assert host.of(StudyLayers) == [msgspec.structs.replace(part, t_ns=7)]
    assert host.a.commands() == []
    study.tells(StudyEnded(t_ns=2, study=1, reason="done", text="", answer=LayersAnswer(devices=["CPU"])))
    again = host.serves(host.a)
    assert (again.settings, again.changes) == (BASE, ["study over"])
    assert len(host.engines) == 1
    assert not study.studies.running


@pytest.mark.parametrize(
    "settings", [Settings(duration_s=5), Settings(requests=5), Settings(rate=5, arrival="ramp:9:5")]
)
def test_layers_need_a_load_that_can_rest(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    for host in started(monkeypatch, settings):
        study = Study(host, monkeypatch)
        study.studies.begin(LAYERS)
        ((changes, reason),) = study.refused()
        assert changes == ["layers"]
        assert reason.startswith("the load rests while layers are profiled, and one with --duration, --requests or a")
        assert study.processes == []


def test_a_death_is_told_with_its_last_words_and_the_settings_before_it_serve(study: Study) -> None:
    study.studies.begin(SPEC)
    study.studies.execute(study.connections[0], TakeTurn(turn=1, settings=with_changes(BASE, {"nireq": 5})))
    host = study.host
    host.drains(host.a, 100)
    host.serves(host.a)
    study.studies.left(study.connections[0])
    assert study.ended is not None
    assert study.ended.reason == "failed"
    assert study.ended.text == "the study's process died: exit code 1; its last error: ValueError: no"
    host.drains(host.a, 120)
    assert host.serves(host.a).changes == ["study over"]


def test_one_that_does_not_end_in_time_is_killed(study: Study) -> None:
    study.studies.begin(SPEC)
    study.studies.end()
    study.studies.end()
    assert len(study.host.of(StudyStopping)) == 1
    assert study.studies.deadline_s() == 100.0 + STOP_S
    study.studies.enforce_deadlines()
    assert study.ended is None
    study.now_s += STOP_S
    study.studies.enforce_deadlines()
    assert study.processes[0].killed
    assert study.ended is not None
    assert (study.ended.reason, study.ended.text) == ("stopped", "it did not end within 10 s and was killed")
    study.studies.left(study.connections[0])
    assert len(study.host.of(StudyEnded)) == 1


def test_the_drain_of_its_turn_comes_on_top(study: Study) -> None:
    study.studies.begin(SPEC)
    study.studies.end()
    study.studies.execute(study.connections[0], Rest())
    study.now_s += STOP_S
    study.studies.enforce_deadlines()
    assert study.ended is None
    study.host.drains(study.host.a, 100)
    study.now_s += 1
    study.studies.enforce_deadlines()
    assert study.ended is not None


def test_one_that_is_stopped_and_dies_was_stopped(study: Study) -> None:
    study.studies.begin(SPEC)
    study.studies.end()
    study.studies.left(study.connections[0])
    assert study.ended is not None
    assert study.ended.reason == "stopped"


def test_the_end_of_the_load_ends_it_at_once(study: Study) -> None:
    study.studies.begin(SPEC)
    study.studies.stop("the load was stopped")
    study.host.supervisor.stop()
    assert study.processes[0].killed
    assert study.ended is not None
    assert (study.ended.reason, study.ended.text) == ("stopped", "the load was stopped")
    assert [command.over for command in study.host.a.commands() if isinstance(command, Halt)] == [True]
    assert not study.studies.running


def test_another_one_has_the_next_number(study: Study) -> None:
    study.studies.begin(SPEC)
    study.tells(StudyEnded(t_ns=2, study=1, reason="done", text=""))
    study.studies.begin(SPEC)
    assert [event.study for event in study.host.of(StudyBegan) if isinstance(event, StudyBegan)] == [1, 2]
    study.studies.execute(study.connections[0], Rest())
    assert study.host.a.commands() == [], "the one before commands no more"
    study.studies.left(study.connections[0])
    assert study.studies.running
