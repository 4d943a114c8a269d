"""Flags of the command line in sentences of the dashboard: rows of the settings pane and their keys."""

from __future__ import annotations

import pytest

from ovtui.dashboard.keys.flag_words import with_rows, without_flags
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.settings.schema.settings import fields


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("give them with --shape", "give them with shape (s, then /shape)"),
        ("poisson needs a rate (--rate)", "poisson needs a rate (rate) (s, then r)"),
        ("NUM_STREAMS (--nstreams) and --nthreads", "NUM_STREAMS (streams) and threads (s, then t)"),
        ("--set CACHE_DIR=x cannot be written", "CACHE_DIR=x cannot be written"),
        ("ovtui MODEL --input cat.png does that", "ovtui MODEL --input cat.png does that"),
        ("convert it: paddle2onnx --model_dir x", "convert it: paddle2onnx --model_dir x"),
        ("it broke", "it broke"),
    ],
)
def test_flags_become_rows(said: str, told: str) -> None:
    assert with_rows(said, KeyBindings()) == told
    assert without_flags(said) == told.partition(" (s, then")[0]


def test_the_keys_in_force_are_named() -> None:
    keys = KeyBindings({"settings": "ctrl+t", "search": "f5"})
    assert with_rows("--shape", keys) == f"shape (ctrl+t, then {keys.first('search')}shape)"


def test_no_flag_of_the_settings_is_left() -> None:
    for field in fields().values():
        for flag in field.spec.flags:
            if flag.startswith("--"):
                assert "--" not in without_flags(f"it needs {flag.split('/')[0]} X")
