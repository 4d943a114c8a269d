"""The name that may have been meant, as the errors of models, commands, presets and devices say it."""

from __future__ import annotations

import click
import pytest

from ovtui.cli.root import ovtui
from ovtui.settings.did_you_mean import did_you_mean, nearest
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import presets
from ovtui.settings.model_names import check_model
from ovtui.settings.openvino_properties.catalogue import nearest_property


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("demo-CNN", "demo-cnn"),
        ("DEMO-MLP", "demo-mlp"),
        ("demo-cn", "demo-cnn"),
        ("num_streams", "NUM_STREAMS"),
        ("Straße", "STRASSE"),
        ("demo-cnn", "demo-cnn"),
        ("xyz", ""),
        ("", ""),
    ],
)
def test_the_nearest_name_is_found_whatever_the_case(name: str, near: str) -> None:
    known = ("demo-mlp", "demo-cnn", "NUM_STREAMS", "STRASSE")
    assert nearest(name, known) == near
    assert did_you_mean(name, known) == (f", did you mean {near}?" if near and near != name else "")


def test_of_names_that_differ_in_case_alone_the_exact_one_or_the_first_is_near() -> None:
    assert nearest("B", ["b", "B"]) == "B"
    assert nearest("night", ["NIGHT", "Night"]) == "NIGHT"


def test_property_names_are_found_in_any_case() -> None:
    assert nearest_property("perf_cout") == nearest_property("PERF_COUT") == "PERF_COUNT"


@pytest.mark.parametrize(("typed", "meant"), [("RUN", "run"), ("demo-CNN", "demo-cnn"), ("Reprot", "report")])
def test_a_command_or_model_in_capitals_is_recognized(typed: str, meant: str) -> None:
    with pytest.raises(click.UsageError, match=f"{typed}', did you mean {meant}\\?"):
        ovtui.main([typed], standalone_mode=False)


def test_behind_a_list_the_guess_is_a_part_of_its_own() -> None:
    with pytest.raises(SettingsError, match=r"demo-matmul; did you mean demo-cnn\?$"):
        check_model("demo-CNN")
    with pytest.raises(SettingsError, match=r"[a-z]; did you mean batching-on\?$"):
        presets.find("Batching-on")
