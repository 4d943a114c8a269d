from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ovtui.settings.changes import changed_fields, convert, describe_changes, effect_of, with_changes
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.fields import split_assignment
from ovtui.settings.schema.settings import Settings, fields


def test_every_field_has_help_that_ends_as_a_sentence_and_a_group() -> None:
    for field in fields().values():
        assert field.spec.help.endswith("."), field.name
        assert field.spec.group, field.name


def test_keys_and_flags_are_given_once() -> None:
    keys = [field.spec.key for field in fields().values() if field.spec.key]
    flags = [flag for field in fields().values() for flag in field.spec.flags]
    labels = [field.label for field in fields().values()]
    assert len(set(keys)) == len(keys)
    assert len(set(flags)) == len(flags)
    assert len(set(labels)) == len(labels)


def test_the_settings_that_the_pane_must_offer_have_a_key_of_their_own() -> None:
    for name in ("device", "hint", "nireq", "nstreams", "batch_size", "batch_timeout_ms", "rate", "precision"):
        assert fields()[name].spec.key, name


def test_flags_are_benchmark_apps_where_it_has_them() -> None:
    flags = {flag for field in fields().values() for flag in field.spec.flags}
    assert {
        "--device", "-d", "--hint", "--nireq", "--nstreams", "--nthreads", "--batch-size", "-b", "--shape",
        "--infer-precision", "--cache-dir", "--duration", "-t", "--requests", "-n",
    } <= flags  # fmt: skip


def test_choices_are_those_of_the_type() -> None:
    for name in ("hint", "precision", "auto_batching"):
        field = fields()[name]
        with pytest.raises(SettingsError):
            with_changes(Settings(), {name: "no such thing"})
        for choice in field.choices:
            assert getattr(with_changes(Settings(), {name: choice}), name) == choice


def test_defaults_are_the_schemas() -> None:
    assert {name: field.default for name, field in fields().items()} == msgspec.structs.asdict(Settings())


def test_the_environment_variable_is_the_fields_name() -> None:
    assert fields()["batch_timeout_ms"].env == "OVTUI_BATCH_TIMEOUT_MS"


def test_settings_survive_the_wire() -> None:
    settings = Settings(device="BATCH:CPU(4)", batch_timeout_ms=200, rate=33.3, properties={"PERF_COUNT": "YES"})
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(settings), type=Settings) == settings


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("nireq", -1, "in flight: -1 is out of range: at least 0 and at most 4096"),
        ("nireq", 4097, "at most 4096"),
        ("batch_timeout_ms", 0, "batch timeout: 0 ms is out of range: at least 1"),
        ("rate", -1.0, "rate: -1/s is out of range"),
        ("rate", float("nan"), "rate"),
        ("duration_s", float("inf"), "duration"),
        ("duration_s", float("nan"), "duration"),
        ("seed", 2**63, "seed"),
        ("requests", 2**70, "requests"),
        ("nstreams", "0", "streams: '0' is not a whole number from 1, AUTO or NUMA"),
        ("nstreams", "²", "streams: '²' is not a whole number"),
        ("nstreams", "many", "streams: 'many' is not a whole number"),
        ("hint", "fast", "hint: 'fast' is not one of none, latency, throughput, cumulative_throughput"),
        ("nireq", "many", "in flight: 'many' is not a whole number"),
        ("nireq", 1.5, "nireq: Expected int, got float"),
        ("probe", "perhaps", "batch probe: 'perhaps' is not one of auto, yes, no"),
        ("properties", {"A": 1}, "properties: Expected str, got int"),
        ("properties", "PERF_COUNT", "write KEY=VALUE"),
        ("devcie", "CPU", "devcie: no such setting; known are model, shape, device"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_in_a_sentence(name: str, value: Any, expected: str) -> None:
    with pytest.raises(SettingsError) as refused:
        convert({name: value})
    assert expected in str(refused.value)


def test_values_may_be_texts() -> None:
    settings = convert({
        "nireq": "8", "rate": "30ms", "batch_timeout_ms": "", "probe": "no", "hint": "LATENCY", "duration_s": "1.5",
        "properties": "PERF_COUNT=YES CACHE_MODE=OPTIMIZE_SIZE", "nstreams": "auto", "device": "gpu",
    })  # fmt: skip
    assert (settings.nireq, settings.batch_timeout_ms, settings.probe) == (8, None, "no")
    assert settings.rate == pytest.approx(1000 / 30)
    assert (settings.hint, settings.duration_s) == ("latency", 1.5)
    assert settings.properties == {"PERF_COUNT": "YES", "CACHE_MODE": "OPTIMIZE_SIZE"}


def test_a_change_is_checked_and_leaves_the_old_settings_alone() -> None:
    old = Settings()
    new = with_changes(old, {"nireq": "4", "hint": "latency"})
    assert (old.nireq, new.nireq) == (0, 4)
    assert changed_fields(old, new) == ["hint", "nireq"]
    with pytest.raises(SettingsError):
        with_changes(old, {"nireq": 10**6})


def test_the_batch_timeout_is_live_on_an_explicit_batch_device_alone() -> None:
    assert effect_of("batch_timeout_ms", Settings(device="AUTO:GPU,CPU")) is Effect.RECOMPILE
    assert effect_of("batch_timeout_ms", Settings(device="BATCH:CPU(4)")) is Effect.LIVE
    assert effect_of("rate", Settings()) is Effect.LIVE
    assert effect_of("device", Settings()) is Effect.RECOMPILE
    assert effect_of("duration_s", Settings()) is Effect.START


def test_a_property_may_hold_an_equals_sign() -> None:
    assert split_assignment(" GPU.KEY = a=b ") == ("GPU.KEY", "a=b")
    for text in ("=x", "KEY", ""):
        with pytest.raises(SettingsError):
            split_assignment(text)


def test_changes_have_the_words_and_units_of_the_settings_pane() -> None:
    old = Settings(batch_timeout_ms=1000)
    new = with_changes(old, {"batch_timeout_ms": 100, "fallback_device": "CPU", "properties": {"PERF_COUNT": "YES"}})
    assert sorted(describe_changes(old, new)) == [
        "PERF_COUNT not set→YES", "batch timeout 1000 ms→100 ms", "fallback none→CPU",
    ]  # fmt: skip
