"""The grammar of --vary: names, values, ranges, and the one sentence for each mistake."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import Settings
from ovtui.settings.vary_text import parse_varies, parse_vary, point_settings


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nireq=1..16", ("nireq", ["1", "2", "4", "8", "16"])),
        ("nireq=1..12", ("nireq", ["1", "2", "4", "8", "12"])),
        ("nireq=0..4", ("nireq", ["0", "1", "2", "4"])),
        ("nireq=1..16:5", ("nireq", ["1", "6", "11", "16"])),
        ("nireq=1..2,2..4", ("nireq", ["1", "2", "4"])),
        ("--nireq= 4 , 2", ("nireq", ["4", "2"])),
        ("nstreams=1..4,AUTO", ("nstreams", ["1", "2", "4", "AUTO"])),
        ("hint=latency,THROUGHPUT", ("hint", ["latency", "throughput"])),
        ("device=CPU;AUTO:GPU,CPU", ("device", ["CPU", "AUTO:GPU,CPU"])),
        ("device=AUTO:GPU,CPU;", ("device", ["AUTO:GPU,CPU"])),
        ("batch-timeout=10,100", ("batch_timeout_ms", ["10", "100"])),
        ("infer-precision=f32,bf16", ("precision", ["f32", "bf16"])),
        ("NUM_STREAMS=1,2", ("nstreams", ["1", "2"])),
        ("ENABLE_CPU_PINNING=yes,no", ("ENABLE_CPU_PINNING", ["YES", "NO"])),
        ("GPU.QUEUE_PRIORITY=LOW,HIGH", ("GPU.QUEUE_PRIORITY", ["LOW", "HIGH"])),
        ("rate=100..400", ("rate", ["100/s", "200/s", "400/s"])),
    ],
)
def test_read(text: str, found: tuple[str, list[str]]) -> None:
    assert parse_vary(text) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nireq", "write a setting and its values"),
        ("nireq=", "a value is empty"),
        ("nireq=1,,2", "a value is empty"),
        ("nirq=1,2", "did you mean nireq?"),
        ("nireq=5..2", "ends below its start"),
        ("nireq=1..9:0", "has no step"),
        ("nireq=1..4000:1", "4,000 values"),
        ("nireq=1,5000", "out of range"),
        ("nireq=one", "is not a whole number"),
        ("hint=latency,nonsense", "is not one of none, latency"),
        ("model=demo-cmn", "no model file or built-in model"),
        ("duration=3,4", "cannot be varied"),
        ("requests=3,4", "cannot be varied"),
        ("slo=p99<2ms", "all points have the same limits"),
        ("warm-up=none,rule", "the same rule"),
        ("record=a,b", "belongs to the session"),
        ("arrival=ramp:100:5,poisson", "changes with time"),
        ("set=A=B", "name the property itself"),
    ],
)
def test_mistakes_are_one_sentence(text: str, words: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_vary(text)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_setting_stands_once() -> None:
    assert parse_varies(["nireq=1,2", "hint=latency"]) == {"nireq": ["1", "2"], "hint": ["latency"]}
    with pytest.raises(SettingsError, match="nireq is there twice"):
        parse_varies(["nireq=1,2", "-nireq=4"])
    with pytest.raises(SettingsError, match="nothing to vary"):
        parse_varies([])


@given(st.integers(0, 4096), st.integers(0, 4096))
def test_a_doubling_range_has_both_ends_and_rises(first: int, last: int) -> None:
    low, high = min(first, last), max(first, last)
    values = [int(text) for text in parse_vary(f"nireq={low}..{high}")[1]]
    assert values[0] == low
    assert values[-1] == high
    assert all(a < b <= max(2 * a, 1) for a, b in itertools.pairwise(values))


def test_the_settings_of_a_point() -> None:
    base = Settings(device="GPU", fallback_device="CPU", properties={"PERF_COUNT": "YES"})
    point = point_settings(base, {"nireq": "4", "ENABLE_CPU_PINNING": "NO"})
    assert (point.nireq, point.fallback_device) == (4, "CPU")
    assert point.properties == {"PERF_COUNT": "YES", "ENABLE_CPU_PINNING": "NO"}
    assert point_settings(base, {"device": "GPU.7"}).fallback_device == ""
