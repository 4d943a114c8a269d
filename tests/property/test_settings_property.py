"""The text of each setting parses back to its value, and a parser raises no other error than SettingsError."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovtui.settings.changes import convert
from ovtui.settings.device_names import VIRTUAL, kind_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.openvino_properties.catalogue import catalogue, split_key
from ovtui.settings.schema.fields import Field
from ovtui.settings.schema.rate import format_rate, parse_rate
from ovtui.settings.schema.settings import Settings, fields

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=1, max_size=12)
_NAME = st.from_regex(r"[A-Z]{1,5}(\.[0-9])?", fullmatch=True)
_PART = st.builds("{}{}{}".format, st.sampled_from(["", "-"]), _NAME, st.sampled_from(["", "(4)"]))
DEVICES = _NAME | st.builds("{}:{}".format, _NAME, st.lists(_PART, min_size=1, max_size=3).map(",".join))


def values_of(field: Field) -> st.SearchStrategy[Any]:
    spec = field.spec
    low, high = spec.minimum, spec.maximum
    if field.choices:
        found: st.SearchStrategy[Any] = st.sampled_from(field.choices)
    elif field.type is bool:
        found = st.booleans()
    elif field.type is int:
        found = st.integers(int(low or 0), int(high or 10**15))
    elif field.name == "rate":
        found = st.just(0.0) | st.floats(1e-6, high)
    elif field.type is float:
        found = st.floats(low, high or 1e9)
    elif field.name == "nstreams":
        found = st.sampled_from(["", "AUTO", "NUMA"]) | st.integers(1, 256).map(str)
    elif field.name == "slo":
        found = st.sampled_from(["", "p99<20ms", "inference.p99.9<=1.5ms,errors=0", "late<0.5%,throughput>100/s"])
    elif field.name == "arrival":
        found = st.sampled_from(["constant", "steps:10,20:2.5", "trace:times.csv"])
    elif field.name == "state":
        found = st.sampled_from(["reset", "keep"]) | st.integers(1, 10**9).map(str)
    elif field.name in ("device", "fallback_device"):
        found = DEVICES
    elif field.type is str:
        found = WORDS.filter(lambda text: not text.startswith("~")) if spec.path else WORDS
    else:
        found = st.dictionaries(WORDS.filter(_is_no_known_property), WORDS, max_size=3)
    return found | st.none() if field.optional else found


def _is_no_known_property(key: str) -> bool:
    """Known properties accept only their own values, see test_config_property."""
    head, name = split_key(key)
    whole = bool(name) and bool(head or "." not in key)
    return whole and "=" not in key and name.upper() not in catalogue() and kind_of(head) not in VIRTUAL


@pytest.mark.parametrize("name", fields())
@given(data=st.data())
def test_a_shown_value_reads_back_and_shows_the_same(name: str, data: st.DataObject) -> None:
    field = fields()[name]
    value = data.draw(values_of(field))
    text = field.show(value)
    again = field.read(text)
    assert field.show(again) == text
    if field.type is float:
        assert again == pytest.approx(value, rel=1e-5)
    else:
        assert again == value
    assert getattr(convert({name: again}), name) == again


@pytest.mark.parametrize("name", fields())
@given(text=st.text(max_size=20))
def test_any_text_is_a_value_or_a_settings_error(name: str, text: str) -> None:
    try:
        settings = convert({name: text})
    except SettingsError:
        return
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(settings), type=Settings) == settings


@given(st.floats(1e-6, 1e6))
def test_a_rate_is_shown_to_six_digits(rate: float) -> None:
    assert parse_rate(format_rate(rate)) == pytest.approx(rate, rel=1e-5)


@given(st.floats(1e-3, 1e6), st.sampled_from([("us", 1e6), ("ms", 1e3), ("s", 1.0)]))
def test_a_period_is_the_rates_inverse(number: float, unit: tuple[str, float]) -> None:
    assert parse_rate(f"{number:.17g}{unit[0]}") == pytest.approx(unit[1] / number)
