"""`ovtui learn` without its dashboard: which section it begins with, and what it prints however it ends."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ovtui.cli import learn as command
from ovtui.dashboard.run_dashboard import Outcome
from ovtui.dashboard.tour.tour_desk import NEXT
from ovtui.metrics.digest import Digest
from ovtui.metrics.expectations import expectation


@pytest.mark.parametrize(("section", "index"), [("low-rate", 4), ("5", 4), ("1", 0)])
def test_a_section_has_a_name_and_a_number(section: str, index: int, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    monkeypatch.setattr("ovtui.cli.dashboard.has_screen", lambda _: True)
    monkeypatch.setattr(command, "_has_gpu", lambda: False)
    monkeypatch.setattr(command, "_lead", lambda index, *, live: begun.append(index) or live)
    CliRunner().invoke(command.learn, [section])
    assert begun == [index]


def test_who_detaches_is_told_what_was_seen_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = expectation.Expectation(
        preset="batching-off", expected="every request is served alone", seen="20 of 20", ok=True, changed=[]
    )
    outcomes = iter([Outcome(Digest(), 0, turned=NEXT), 0])
    monkeypatch.setattr(command, "_run", lambda _: next(outcomes))
    monkeypatch.setattr(expectation, "expectation_of", lambda _: seen)
    assert command._lead(2, live=True) == 0
    assert "expected  every request is served alone" in capsys.readouterr().out
