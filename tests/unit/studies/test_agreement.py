"""Whether a device agrees, asked within a study that may be stopped meanwhile."""

from __future__ import annotations

import sys
from threading import Event
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ovtui.settings.schema.settings import Settings
from ovtui.studies.agreement import verify_on
from ovtui.studies.conductor import StudyStopped

SETTINGS = Settings(model="net.xml", device="GPU.0")


class NotVerified(Exception):
    text = "the GPU refuses it"


@pytest.fixture
def verifier(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Stands for host.verifier; `verify` is set by the test."""
    module: Any = ModuleType("ovtui.host.verifier")
    module.NotVerified = NotVerified
    monkeypatch.setitem(sys.modules, "ovtui.host.verifier", module)
    return module


def looks(stop_after: int = 10**9) -> Any:
    """A conductor that is stopped at a look."""
    seen = iter(range(10**9))

    def look(_timeout_s: float) -> None:
        if next(seen) >= stop_after:
            raise StudyStopped

    return SimpleNamespace(look=look)


def test_the_largest_difference_of_all_outputs_counts(verifier: Any) -> None:
    asked = []

    def verify(settings: Settings, against: str, **_: object) -> object:
        asked.append((settings.device, against))
        outputs = [SimpleNamespace(max_relative=value, why="") for value in (1e-4, 3e-2, None)]
        return SimpleNamespace(verdict="precision", tolerance=1e-3, outputs=outputs, why_no_f32="")

    verifier.verify = verify
    found = verify_on(looks(), SETTINGS)
    assert asked == [("GPU.0", "CPU")]
    assert (found.device, found.verdict, found.max_relative, found.tolerance, found.why) == (
        "GPU.0", "precision", 3e-2, 1e-3, "",
    )  # fmt: skip


def test_where_there_is_no_answer_it_is_said_why(verifier: Any) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise NotVerified

    verifier.verify = refuse
    assert verify_on(looks(), SETTINGS).why == "the GPU refuses it"

    def crash(*_: object, **__: object) -> object:
        raise ValueError("odd")

    verifier.verify = crash
    found = verify_on(looks(), SETTINGS)
    assert (found.verdict, found.why) == ("", "the comparison has an error of its own: ValueError: odd")


def test_a_study_that_is_stopped_does_not_wait_for_the_answer(verifier: Any) -> None:
    over = Event()

    def hang(*_: object, **__: object) -> object:
        over.wait()
        raise NotVerified

    verifier.verify = hang
    try:
        with pytest.raises(StudyStopped):
            verify_on(looks(stop_after=3), SETTINGS)
    finally:
        over.set()
