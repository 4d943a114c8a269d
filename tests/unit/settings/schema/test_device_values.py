"""Settings that a device may have for itself."""

from __future__ import annotations

import pytest

from ovtui.settings.changes import convert
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.device_values import ALL, values_by_device
from ovtui.settings.schema.settings import fields


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("nstreams", "", ""),
        ("nstreams", " 02 ", "2"),
        ("nstreams", "auto", "AUTO"),
        ("nstreams", "cpu:2, gpu:numa", "CPU:2,GPU:NUMA"),
        ("nstreams", "4,GPU.1:1", "4,GPU.1:1"),
        ("precision", "default", "default"),
        ("precision", "", "default"),
        ("precision", "BF16", "bf16"),
        ("precision", "CPU:BF16,GPU:f32", "CPU:bf16,GPU:f32"),
        ("precision", "dynamic", "dynamic"),
    ],
)
def test_what_is_kept_of_a_text(name: str, text: str, kept: str) -> None:
    assert getattr(convert({name: text}), name) == kept
    assert fields()[name].read(kept) == kept


STREAMS = "is not a whole number from 1, AUTO or NUMA, or such by device: CPU:2,GPU:1"
PRECISION = "write CPU:bf16,GPU:f32 or the like"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nstreams", "CPU:0", f"streams: '0' {STREAMS}"),
        ("nstreams", "CPU:", f"streams: '' {STREAMS}"),
        ("nstreams", "CPU:1,CPU:2", "streams: 'CPU:1,CPU:2' gives CPU two values; write CPU:2,GPU:1 or the like"),
        ("nstreams", "1,2", "streams: '1,2' gives two values without a device; write CPU:2,GPU:1 or the like"),
        ("nstreams", ":2", "streams: ':2' names no device before ':'; write CPU:2,GPU:1 or the like"),
        (
            "precision", "CPU:i8",
            "precision: 'i8' is not one of default, f32, f16, bf16, dynamic, or such by device: CPU:bf16,GPU:f32",
        ),
        ("precision", "CPU f32:f16", f"precision: 'CPU f32:f16' names no device before ':'; {PRECISION}"),
    ],
)  # fmt: skip
def test_what_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        convert({name: text})
    assert str(refused.value) == said


def test_the_values_by_device() -> None:
    assert values_by_device("") == {}
    assert values_by_device("2") == {ALL: "2"}
    assert values_by_device("2,GPU.1:1,CPU:AUTO") == {ALL: "2", "GPU.1": "1", "CPU": "AUTO"}
