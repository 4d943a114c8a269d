"""Which experiment a recording is, where its events do not say it."""

from __future__ import annotations

import pytest
from samples import began, spawned

from ovtui.records.events import Experiment
from ovtui.records.experiment import of_preset
from ovtui.records.session_file.experiment_told import experiment_of, with_experiment
from ovtui.settings.files.presets import find
from ovtui.settings.schema.settings import Settings

PRESET = find("batch-timeout-1000")
WITH_IT = PRESET.applied_to(Settings())
TIMER = Experiment(check="every-request-waits", preset="batch-timeout-1000")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("ovtui run demo-mlp --preset batch-timeout-1000", TIMER),
        ("ovtui run --preset=batch-timeout-1000 -n 5", TIMER),
        ("ovtui run --preset mine", None),
        ("ovtui run --preset offline", None),
        ("ovtui run --preset", None),
        ("ovtui run 'a quotation that does not end", None),
        ("", None),
    ],
)
def test_by_the_preset_in_its_command(command: str, told: Experiment | None) -> None:
    assert experiment_of({"command": command}, WITH_IT) == told


def test_by_the_check_that_a_shipped_one_names() -> None:
    assert experiment_of({"check": "hints-side-by-side", "command": "ovtui run"}, Settings()) == Experiment(
        check="hints-side-by-side"
    )


def test_what_makes_the_experiment_and_is_another_value_is_named_but_not_how_long_it_lasts() -> None:
    settings = PRESET.applied_to(Settings(requests=3, duration_s=4.0, cache_dir="/tmp/c"))
    assert of_preset(PRESET, settings) == TIMER
    other = find("batching-on").applied_to(Settings(batch_timeout_ms=50))
    told = of_preset(find("batching-on"), other)
    assert told is not None
    assert told.changed == ["batch_timeout_ms"]


def test_an_event_that_says_it_is_left_as_it_is() -> None:
    import msgspec

    other = Experiment(check="served-alone")
    said, unsaid = msgspec.structs.replace(began(WITH_IT), experiment=other), began(WITH_IT)
    meta = {"command": "ovtui --preset batch-timeout-1000"}
    events = [(1, said), (2, unsaid), (3, spawned())]
    found = list(with_experiment(events, meta))
    assert [found[0][1].experiment, found[1][1].experiment] == [other, TIMER]
    assert found[2] == events[2]
