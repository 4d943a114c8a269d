"""Config files, presets and key names: every text is read or refused with an error, and written files read back."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomlkit
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ovtui.settings.changes import change_texts, convert
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import atomic_write, config, toml_file
from ovtui.settings.files.config_template import toml_value
from ovtui.settings.keymap.key_names import KeyNameError, parse_key
from ovtui.settings.keymap.resolve import KeyAction, resolve_keys
from ovtui.settings.openvino_properties.catalogue import canonical_property, catalogue
from ovtui.settings.schema.settings import Settings, fields

quick = settings(deadline=None)
PATH = Path("/somewhere/config.toml")
KEYS = st.text("abcdefgh_-. é\"'", min_size=1, max_size=6)
SCALARS = st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=12)
TABLES = st.recursive(
    st.dictionaries(KEYS, SCALARS | st.lists(st.integers(), max_size=3), max_size=4),
    lambda inner: st.dictionaries(KEYS, inner | SCALARS, max_size=4),
    max_leaves=12,
)
SOME_SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "device": st.sampled_from(["CPU", "AUTO:GPU,CPU", "BATCH:CPU(4)"]),
        "hint": st.sampled_from(["none", "latency", "throughput"]),
        "nireq": st.integers(0, 4096),
        "rate": st.sampled_from([0.0, 33.3, 1e6]) | st.floats(0.001, 1e6),
        "nstreams": st.sampled_from(["", "AUTO", "12"]),
        "batch_timeout_ms": st.none() | st.integers(1, 3_600_000),
        "probe": st.sampled_from(["auto", "yes", "no"]),
        "duration_s": st.floats(0, 1e6),
        "properties": st.dictionaries(
            st.sampled_from(["PERF_COUNT", "GPU.PERF_COUNT", "GPU.0.ENABLE_CPU_PINNING"]),
            st.sampled_from(["YES", "NO"]),
        ),
    },
)


@quick
@given(st.text(max_size=60))
def test_any_text_is_a_config_or_has_problems(text: str) -> None:
    found = config.parse(PATH, text)
    for problem in found.problems:
        assert str(problem).startswith(f"{PATH}")
        assert "\n" not in str(problem)
    if not found.problems:
        convert(found.settings)


@quick
@given(TABLES)
def test_any_table_under_settings_is_read_or_refused_at_a_line_of_the_file(table: dict[str, Any]) -> None:
    text = tomlkit.dumps({"settings": table})
    assume(tomllib.loads(text) == {"settings": table})
    found = config.parse(PATH, text)
    lines = text.count("\n") + 1
    assert all(problem.line is not None and 1 <= problem.line <= lines for problem in found.problems)
    convert(found.settings)


@quick
@given(TABLES, st.lists(st.integers(0, 3), max_size=4))
def test_the_line_of_a_key_is_where_its_statement_stands(table: dict[str, Any], steps: list[int]) -> None:
    """A prefix of the file has the key if and only if it contains that line."""
    text = tomlkit.dumps(table)
    keys, at = [], table
    for step in steps:
        if not isinstance(at, dict) or not at:
            break
        keys.append(list(at)[step % len(at)])
        at = at[keys[-1]]
    assume(keys)
    line = toml_file.line_of(text, keys)
    assert line is not None
    lines = text.splitlines(keepends=True)
    assert not _has("".join(lines[: line - 1]), keys)
    assert any(_has("".join(lines[:end]), keys) for end in range(line, len(lines) + 1))


@quick
@given(SOME_SETTINGS, SOME_SETTINGS)
def test_what_is_written_over_anything_reads_back(first: dict[str, Any], second: dict[str, Any]) -> None:
    document = tomlkit.parse("# kept\n[settings]\nseed = 4 # kept as well\n")
    for values in (first, second):
        written = {key: "" if value is None else value for key, value in values.items()}
        atomic_write.update_table(document["settings"], written)  # type: ignore[arg-type]
        text = tomlkit.dumps(document)
        found = config.parse(PATH, text)
        assert found.problems == []
        assert convert(found.settings) == convert(values)
        assert text.startswith("# kept\n")


@quick
@given(SOME_SETTINGS, SOME_SETTINGS)
def test_change_texts_are_empty_only_for_equal_settings(first: dict[str, Any], second: dict[str, Any]) -> None:
    old, new = convert(first), convert(second)
    texts = change_texts(old, new)
    assert bool(texts) == (old != new)
    assert all(name in fields() or name in {**old.properties, **new.properties} for name, _, _ in texts)


@quick
@given(st.sampled_from(sorted(catalogue())), st.text(max_size=12))
def test_a_property_takes_or_refuses_any_text_and_what_it_takes_stays(name: str, text: str) -> None:
    try:
        spelled = canonical_property(name, text)
    except SettingsError:
        return
    assert canonical_property(*spelled) == spelled


@quick
@given(st.text(max_size=12) | st.lists(st.sampled_from(["ctrl", "shift", "alt", "x", "up", "F5", "-"])).map("+".join))
def test_any_text_is_a_key_or_is_refused_and_a_name_stays_itself(text: str) -> None:
    try:
        name, remark = parse_key(text)
    except KeyNameError:
        return
    assert parse_key(name) == (name, "")
    assert bool(remark) == (name != text.strip() and len(text) != 1)


IDS = ["a", "b", "c", "d", "e"]
ACTIONS = [KeyAction(id_, "one" if id_ in "abc" else "two", (id_,), fixed=id_ == "c") for id_ in IDS]


@quick
@given(st.dictionaries(st.sampled_from([*IDS, "z"]), st.lists(st.sampled_from([*IDS, "x", "y", "ctrl+s"]), max_size=3)))
def test_no_key_is_used_twice_and_every_refusal_is_a_problem(wanted: dict[str, list[str]]) -> None:
    found = resolve_keys(wanted, ACTIONS, {"two": ("one",)})
    for scope in ("one", "two"):
        taken = [key for action in ACTIONS if action.scope == scope for key in found.keys[action.id]]
        assert len(set(taken)) == len(taken)
    refused = {problem.action for problem in found.problems if not problem.is_remark}
    for id_, keys in wanted.items():
        if id_ not in refused:
            assert set(found.keys[id_]) == set(keys)
    assert found.keys["c"] == ("c",)


@quick
@given(SCALARS)
def test_a_value_written_as_toml_reads_back(value: Any) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}")["value"] == value


def test_the_defaults_are_among_what_is_tried() -> None:
    assert convert({}) == Settings()


def _has(text: str, keys: list[str]) -> bool:
    try:
        table: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    for key in keys:
        if not isinstance(table, dict) or key not in table:
            return False
        table = table[key]
    return True
