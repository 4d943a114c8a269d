"""`ovtui ab --resume`: of a recording with something else in it."""

from __future__ import annotations

import click
import pytest

from ovtui.cli import ab_resume
from ovtui.records.events import TrialBegan
from ovtui.settings.schema.settings import Settings


def test_other_settings_are_a_mistake_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = Settings(), Settings(nireq=4)
    began = TrialBegan(t_ns=0, trial=1, engine=2, a=a, b=b, changes=[], limit_s=60)
    monkeypatch.setattr(ab_resume, "find_recording", lambda name: name)
    monkeypatch.setattr(ab_resume, "_read", lambda _: (began, []))
    assert ab_resume.earlier_blocks("x.ovtui", a, b).blocks == []
    with pytest.raises(click.UsageError, match=r"it compares other settings \(B: in flight 4→3\); give the same"):
        ab_resume.earlier_blocks("x.ovtui", a, Settings(nireq=3))
