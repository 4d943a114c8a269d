"""--beside: a model with settings of its own, or one sentence before anything starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from ovtui.cli.beside_option import beside_settings, ending, recorded_beside, take_beside
from ovtui.host.client_protocol import SessionOptions
from ovtui.records.study_events import BesideSpec
from ovtui.settings.schema.settings import Settings

FIRST = Settings(device="GPU", nireq=4)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("demo-mlp", {"model": "demo-mlp", "device": "GPU", "rate": 0.0}),
        ("demo-mlp,rate=50", {"rate": 50.0, "device": "GPU", "nireq": 0}),
        ("demo-mlp,rate=50,device=AUTO:GPU,CPU,nireq=2", {"device": "AUTO:GPU,CPU", "nireq": 2}),
        ("a,b.xml,device=CPU", {"model": "a,b.xml", "device": "CPU"}),
        ("demo-cnn", {"model": "demo-cnn"}),
    ],
)
def test_the_second_model_and_its_settings(text: str, values: dict[str, Any]) -> None:
    settings = beside_settings(text, FIRST)
    assert {name: getattr(settings, name) for name in values} == values


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("nosuch", "no model file or built-in model 'nosuch'"),
        ("rate=50", "it names no model"),
        ("", "it names no model"),
        ("demo-mlp,rat=50", "no setting 'rat', did you mean rate?"),
        ("demo-mlp,rate=fast", "rate"),
        ("demo-mlp,duration=5", "leave its limit out"),
        ("demo-mlp,rate=50,arrival=ramp:90:9", "changes with time"),
        ("demo-mlp,model=demo-cnn", "it names two models"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(text: str, part: str) -> None:
    with pytest.raises(click.UsageError) as error:
        beside_settings(text, FIRST)
    assert part in str(error.value)
    assert "\n" not in str(error.value)


def test_the_first_model_runs_without_a_limit_of_its_own() -> None:
    assert take_beside({"beside": None}, Settings(duration_s=20)) == (Settings(duration_s=20), None)
    with pytest.raises(click.UsageError):
        take_beside({"beside": ""}, Settings())
    settings, spec = take_beside({"beside": "demo-mlp"}, Settings(duration_s=20))
    assert settings.duration_s == 0
    assert spec is not None
    assert (spec.alternate_s, spec.goes_on) == (20, False)
    _, spec = take_beside({"beside": "demo-mlp"}, Settings())
    assert spec is not None
    assert (spec.alternate_s, spec.goes_on) == (60, True)
    assert not ending(spec)[0].goes_on
    with pytest.raises(click.UsageError, match="--requests"):
        take_beside({"beside": "demo-mlp"}, Settings(requests=5))


def test_its_recording_lies_beside_the_first(tmp_path: Path) -> None:
    spec = BesideSpec(settings=Settings())
    assert recorded_beside(spec, SessionOptions()).record == ""
    options = SessionOptions(record=str(tmp_path / "a.ovtui"))
    assert recorded_beside(spec, options).record == str(tmp_path / "a.beside.ovtui")
    (tmp_path / "a.beside.ovtui").touch()
    with pytest.raises(click.UsageError, match="exists already"):
        recorded_beside(spec, options)
