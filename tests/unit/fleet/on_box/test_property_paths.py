"""OpenVINO properties that are paths: of the box, as the settings that are paths."""

from __future__ import annotations

import tomllib

import pytest

from ovtui.fleet.on_box.paths_there import paths_there, why_not_there
from ovtui.fleet.on_box.preset import preset_text
from ovtui.settings.schema.settings import Settings


def test_a_property_that_is_a_path_is_one_of_the_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    settings = Settings(
        model="demo-mlp", properties={"CPU.CACHE_DIR": "/home/me/cache", "CPU.INFERENCE_NUM_THREADS": "1"}
    )
    assert paths_there(settings, model_there=False) == {"--set CPU.CACHE_DIR": ["~/cache"]}
    sent = tomllib.loads(preset_text(settings))["settings"]["properties"]
    assert sent == {"CPU.CACHE_DIR": "~/cache", "CPU.INFERENCE_NUM_THREADS": "1"}


def test_a_relative_one_is_refused_with_what_to_write() -> None:
    settings = Settings(model="demo-mlp", properties={"CACHE_DIR": "cache"})
    assert why_not_there(paths_there(settings, model_there=False)).startswith("--set CACHE_DIR")
