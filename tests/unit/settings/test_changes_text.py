"""Changes of settings in one text: its keys, its commas, the sentences where it is wrong."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.settings.changes_text import apply_changes, known_keys, parse_changes
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import Settings, fields


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("", {}),
        ("hint=latency", {"hint": "latency"}),
        ("hint=latency,nireq=8", {"hint": "latency", "nireq": "8"}),
        (" hint = latency , nireq = 8 ", {"hint": "latency", "nireq": "8"}),
        ("infer-precision=f32", {"precision": "f32"}),
        ("batch-timeout=5", {"batch_timeout_ms": "5"}),
        ("batch_timeout=5", {"batch_timeout_ms": "5"}),
        ("batch_timeout_ms=5", {"batch_timeout_ms": "5"}),
        ("device=AUTO:GPU,CPU,nireq=4", {"device": "AUTO:GPU,CPU", "nireq": "4"}),
        ("model=/tmp/x,y.xml,preset=auto-latency", {"model": "/tmp/x,y.xml", "preset": "auto-latency"}),
        ("input=a=b,c.npy,seed=2", {"input": "a=b,c.npy", "seed": "2"}),
        ("PERF_COUNT=YES,GPU.NUM_STREAMS=2", {"PERF_COUNT": "YES", "GPU.NUM_STREAMS": "2"}),
        ("MY_OWN_PROPERTY=1", {"MY_OWN_PROPERTY": "1"}),
        ("slo=p99<20ms,errors=0,nireq=2", {"slo": "p99<20ms,errors=0", "nireq": "2"}),
    ],
)
def test_a_text_as_changes(text: str, changes: dict[str, str]) -> None:
    assert parse_changes(text) == changes


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("nireg=8", "did you mean nireq?"),
        ("latency", "'latency' is no change of a setting; write NAME=VALUE"),
        (",nireq=8", "write NAME=VALUE"),
        ("nireq=8,nireq=9", "nireq is given twice"),
        ("preset=", "names no preset"),
        ("zzz=1", "no setting 'zzz'"),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, part: str) -> None:
    with pytest.raises(SettingsError) as error:
        parse_changes(text)
    assert part in str(error.value)
    assert "\n" not in str(error.value)


_KEYS = sorted({*known_keys().values()} - {"preset"})
_VALUES = st.text(st.characters(codec="ascii", exclude_characters=",=", categories=("L", "N")), min_size=1)
_LISTS = st.lists(_VALUES, min_size=1, max_size=3).map(",".join)


@given(st.dictionaries(st.sampled_from(_KEYS), _LISTS, min_size=1))
def test_every_value_comes_back_whatever_commas_are_in_it(changes: dict[str, str]) -> None:
    assert parse_changes(",".join(f"{key}={value}" for key, value in changes.items())) == changes


@given(st.text(max_size=40))
def test_any_text_is_changes_or_a_sentence(text: str) -> None:
    with contextlib.suppress(SettingsError):
        assert all(key for key in parse_changes(text))


@given(st.integers(1, 512), st.sampled_from(["latency", "throughput", "none"]), st.integers(0, 2**31))
def test_applied_changes_are_the_settings_with_them_and_nothing_else(nireq: int, hint: str, seed: int) -> None:
    changed = apply_changes(Settings(seed=3), f"nireq={nireq},hint={hint},seed={seed}")
    assert changed == Settings(seed=seed, nireq=nireq, hint=hint)  # type: ignore[arg-type]


def test_nothing_changes_nothing() -> None:
    assert apply_changes(Settings(properties={"PERF_COUNT": "YES"}), "") == Settings(properties={"PERF_COUNT": "YES"})


def test_a_preset_comes_first_whereever_it_stands() -> None:
    changed = apply_changes(Settings(model="demo-mlp"), "nireq=7,preset=auto-latency")
    assert (changed.nireq, changed.hint, changed.model) == (7, "latency", "demo-mlp")


def test_properties_are_added_and_fold_into_their_settings() -> None:
    changed = apply_changes(
        Settings(properties={"PERF_COUNT": "YES"}), "PERFORMANCE_HINT=LATENCY,KV_CACHE_PRECISION=u8"
    )
    assert changed.hint == "latency"
    assert changed.properties["PERF_COUNT"] == "YES"
    assert set(changed.properties) == {"PERF_COUNT", "KV_CACHE_PRECISION"}


def test_a_wrong_value_names_the_setting() -> None:
    with pytest.raises(SettingsError, match="in flight"):
        apply_changes(Settings(), "nireq=many")
    with pytest.raises(SettingsError, match="no preset"):
        apply_changes(Settings(), "preset=nowhere-to-be-found")
    assert set(known_keys().values()) - {"preset"} == set(fields()) - {"properties"}
