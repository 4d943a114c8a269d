"""The page of the doctor: it looks in a child, shows the lines, looks again, and tells of a child that gave nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_source import FakeSource
from harness.doctor_machine import FakeMachine
from stage import Stage, on_stage
from textual.containers import VerticalScroll
from textual.widgets import Static

from ovtui.dashboard.doctor import doctor_child, doctor_screen
from ovtui.dashboard.doctor.doctor_child import report_of
from ovtui.dashboard.doctor.doctor_screen import LOOKING, DoctorScreen
from ovtui.host.asked_processes import Answer
from ovtui.host.doctor.diagnosis import diagnose
from ovtui.records.doctor import DoctorReport, to_json


class Asked:
    """In place of the child: the test answers when it likes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.waiting: list[Callable[[DoctorReport | str], None]] = []
        self.cache_dirs: list[str] = []
        monkeypatch.setattr(doctor_screen, "ask_in_background", self._ask)

    def _ask(self, cache_dir: str, answered: Callable[[DoctorReport | str], None]) -> None:
        self.cache_dirs.append(cache_dir)
        self.waiting.append(answered)

    async def answer(self, stage: Stage, answer: DoctorReport | str) -> None:
        thread = threading.Thread(target=self.waiting.pop(0), args=(answer,))
        thread.start()
        thread.join()
        await stage.pilot.pause()
        await stage.pilot.pause()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


@pytest.fixture
def report(tmp_path: Path) -> DoctorReport:
    machine = FakeMachine(tmp_path)
    machine.has_gpu()
    machine.be_in_groups(machine.other_gid)
    machine.write("/etc/group", f"render:x:{machine.gid}:\n")
    del machine.answers["open"]
    machine.gpu_is_lost()
    return diagnose(tmp_path, {}, ask=machine.ask)


def _page(stage: Stage) -> str:
    assert isinstance(stage.app.screen, DoctorScreen)
    return str(stage.app.screen.query_one(Static).render())


def _title(stage: Stage) -> str:
    return str(stage.app.screen.query_one(VerticalScroll).border_title)


def test_the_page_looks_and_then_shows_what_was_found(asked: Asked, report: DoctorReport) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("K")
        assert _page(stage) == LOOKING
        assert _title(stage) == "Doctor"
        await stage.press("r")
        assert len(asked.waiting) == 1  # it is looking
        await asked.answer(stage, report)
        assert _page(stage).index("✗ GPU         ana is not in group render") < _page(stage).index(
            "✗ groups      ana is"
        )
        assert "✗ groups      ana is not in group render" in _page(stage)
        assert "type        sudo usermod -aG render ana" in _page(stage)
        await stage.press("r")
        assert _page(stage) == LOOKING
        await asked.answer(stage, "ovtui doctor crashed with SIGSEGV")
        assert _page(stage) == "ovtui doctor crashed with SIGSEGV"
        await stage.press("escape")
        assert stage.app.view is not None

    on_stage(act)


def test_an_answer_that_comes_after_the_page_was_closed_is_dropped(asked: Asked, report: DoctorReport) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("K", "K")
        assert stage.app.view is not None
        await asked.answer(stage, report)
        await stage.press("K")
        assert _page(stage) == LOOKING

    on_stage(act)


def test_a_replay_tells_that_this_machine_is_looked_at(asked: Asked) -> None:
    source = FakeSource()
    source.replayed = True

    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("K")
        assert _title(stage) == "Doctor: this machine, not the one of the recording"

    on_stage(act, source)


def test_a_small_terminal_scrolls_it(asked: Asked, report: DoctorReport) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("K")
        await asked.answer(stage, report)
        page = stage.app.screen.query_one(VerticalScroll)
        before = page.scroll_y
        await stage.press("j", "j")
        assert page.scroll_y == before + 2
        await stage.press("k")
        assert page.scroll_y == before + 1
        lines = _page(stage).splitlines()
        assert all(len(line) <= 75 or line.lstrip().startswith(("type", "/")) for line in lines)

    on_stage(act, size=(80, 24))


def test_what_the_child_gave_is_read(report: DoctorReport) -> None:
    found = report_of(Answer("exit-code", to_json(report), code=1))
    assert isinstance(found, DoctorReport)
    assert found.causes == report.causes
    assert report_of(Answer("late", limit_s=20.0)) == "ovtui doctor: no answer in 20 s"
    said = report_of(Answer("exit-code", b"", b"ovtui: no room\n", code=2))
    assert said == "ovtui doctor: ended with exit code 2: ovtui: no room"


def test_the_session_s_cache_folder_and_the_person_s_locale_reach_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []

    def ask_all(asked: list[doctor_child.Asked]) -> dict[str, Answer]:
        given.extend(asked)
        return {"doctor": Answer("late", limit_s=20.0)}

    monkeypatch.setattr(doctor_child, "ask_all", ask_all)
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    done = threading.Event()
    doctor_child.ask_in_background("/cache", lambda _: done.set())
    assert done.wait(60)
    assert given[0].environment["LC_ALL"] == "de_DE.UTF-8"
    assert given[0].environment["OVTUI_CACHE_DIR"] == "/cache"
