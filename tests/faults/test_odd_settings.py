"""Settings that no person means: each is accepted, or refused in one sentence with exit code 2, whatever way it comes;
and what is accepted is carried between the processes and by a recording."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless

from ovtui.dashboard.staging import Staging
from ovtui.engine.load.arrivals import due_times
from ovtui.records.wire import MESSAGE_BYTES
from ovtui.settings import layers
from ovtui.settings.changes import describe_changes
from ovtui.settings.errors import SettingsError
from ovtui.settings.files import config, presets
from ovtui.settings.schema.arrival import is_closed_loop, parse_arrival
from ovtui.settings.schema.fields import Field
from ovtui.settings.schema.settings import Settings, fields
from ovtui.settings.schema.slo import parse_slo

_FILES = "files"
LONG = "9" * 5000
NASTY = (
    *("", " ", "\t", "\u00a0", "٣", "1_000", "+1", " 1 ", "1,5", "0x10", "-1", "1.5", "true", "x\x1b[31m"),
    *("1e999", "-1e999", "inf", "-inf", "nan", "1e-320", LONG, f"-{LONG}", f"1.{LONG}", f"1e{LONG}"),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "x" * 200_000, "a" * 31_000, "€" * 12_000),
    *("[1,3,100000,100000]", f"[{LONG}]", "[9223372036854775808]", "[1,3,٣]", "[1][2]" * 20_000, "[", "]", ":", "a:"),
    *(f"burst:{LONG}", "burst:٣", "burst:1_0", f"ramp:1:{LONG}", "ramp:1e-320:1", "ramp:1:1e-320", "steps:1e-300:1"),
    *("steps:1e-6:1e-6", "steps:" + "1," * 20_000 + "1:1", "trace:", "trace:" + "a" * 5000, "trace:a\0"),
    *("p99<1e999ms", f"p99<{LONG}ms", f"p{LONG}<1ms", "p99.99999999999999999<1ms", f"errors={LONG}", "errors=1e308"),
    *("=", "A=", "A=1", "A=" + "b" * 200_000, f"NUM_STREAMS={LONG}", "NUM_STREAMS=٣", "NUM_STREAMS=1_0"),
    *("AUTO:" + "CPU," * 50_000 + "CPU", f"BATCH:CPU({LONG})", "BATCH:CPU(٣)", f"GPU.{LONG}", "1e320ms", "1e-320ms"),
)  # fmt: skip
RAW = (
    *(LONG, f"0x{'f' * 4200}", "9223372036854775808", "1e999", "inf", "nan", "-0.0", "1_000", "1.5", "true", "''"),
    *("2026-01-02", "2026-01-02T03:04:05Z", "03:04:05", "[]", "[1]", "{}", "{a=1}", f"{{a={LONG}}}", "{a=inf}"),
    *("[" * 3000, "{a=" * 3000, f"'{'x' * 33_000}'", f"{{A='{'b' * 33_000}'}}", "1e-320"),
)  # fmt: skip
"""Values of TOML."""


@dataclass(frozen=True)
class Way(Fault):
    give: Callable[[Path, Field, str], Settings] = lambda *_: Settings()
    values: tuple[str, ...] = NASTY


def _by_flag(_: Path, field: Field, text: str) -> Settings:
    key, _, value = text.partition("=")
    return layers.resolve({field.name: {key: value} if field.type is dict else text}, {}, "").settings


def _by_variable(_: Path, field: Field, text: str) -> Settings:
    return layers.resolve({}, {field.env: text}, "").settings


def _by_config(folder: Path, field: Field, text: str) -> Settings:
    found = config.parse(folder / "config.toml", f"[settings]\n{field.name} = {_toml(text)}\n")
    return layers.resolve({}, {}, "", found).settings


def _by_preset(folder: Path, field: Field, text: str) -> Settings:
    path = folder / "mine.toml"
    path.write_text(f"[settings]\n{field.name} = {_toml(text)}\n", encoding="utf-8")
    return presets.load(path).applied_to(Settings())


def _by_pane(_: Path, field: Field, text: str) -> Settings:
    staging = Staging()
    staging.in_force = Settings()
    staging.propose(field.name, text)
    return staging.wanted


def _toml(text: str) -> str:
    return text if text in RAW else json.dumps(text)


_SHORTER = tuple(text for text in NASTY if len(text) < 12_000)
"""tomllib takes 60 ms for the longest."""
_PLAIN = tuple(text for text in RAW if len(text) < 6000)
WAYS = [
    Way("any value as a flag", "accepted, or one sentence", 2, _FILES, _by_flag),
    Way("any value in a variable", "accepted, or one sentence", 2, _FILES, _by_variable),
    Way("any text in the config file", "accepted, or one sentence with file and line", 2, _FILES, _by_config, _SHORTER),
    Way("any value of TOML", "accepted, or one sentence with file and line", 2, _FILES, _by_config, RAW),
    Way("any value of TOML in a preset", "accepted, or one sentence with file and line", 2, _FILES, _by_preset, _PLAIN),
    Way("any value in the settings pane", "accepted, or one sentence; the session goes on", None, _FILES, _by_pane),
]


@dataclass(frozen=True)
class Given(Fault):
    arguments: tuple[str, ...] = ()
    said: str = ""


_MANY = [word for number in range(5000) for word in ("--set", f"B{number}=1")]
GIVEN = [
    Given("-d ''", "device: it is empty", 2, _FILES, ("-d", ""), "device: it is empty; write CPU"),
    Given("--record ''", "the name is empty", 2, _FILES, ("--record", ""), "'--record': the name is empty"),
    Given("a number of 5,000 digits", "no whole number", 2, _FILES, ("-n", LONG), "requests: '999"),
    Given("100,000 characters of --set", "too many", 2, _FILES, ("--set", f"A={'b' * 100_000}"), "characters"),
    Given("5,000 times --set", "too many", 2, _FILES, ("--set", "A=1", *_MANY), "write at most 32,000"),
]  # fmt: skip
PIPE = Fault("a pipe as the config file", "refused at once: a pipe or a device, not a file", 2, _FILES)
HUGE = Fault("a config file or preset of 1 GiB", "refused: a file of settings has at most 1,048,576 bytes", 2, _FILES)
TRACE_AFTER = Fault("a schedule that would never have a request", "refused", 2, _FILES)
FAULTS: list[Fault] = [*WAYS, *GIVEN, PIPE, HUGE, TRACE_AFTER]


@pytest.mark.parametrize("way", WAYS, ids=id_of)
def test_any_value_of_any_setting_is_accepted_or_refused_in_one_sentence(tmp_path: Path, way: Way) -> None:
    accepted = refused = 0
    for field in fields().values():
        for text in way.values:
            try:
                settings = way.give(tmp_path, field, text)
            except SettingsError as error:
                refused += 1
                _require_one_sentence(str(error))
            else:
                accepted += 1
                _require_it_travels(settings)
    assert accepted > 20
    assert refused > 50


def _require_one_sentence(text: str) -> None:
    assert "\n" not in text
    assert len(text) <= 4100


def _require_it_travels(settings: Settings) -> None:
    """Between the processes, with what changed from other settings of this length; and in a recording, as JSON."""
    message = msgspec.msgpack.encode(settings)
    assert msgspec.msgpack.decode(message, type=Settings) == settings
    assert 3 * len(message) + 16_384 < MESSAGE_BYTES
    assert msgspec.json.decode(msgspec.json.encode(settings), type=Settings) == settings
    assert describe_changes(Settings(), settings) is not None
    parse_slo(settings.slo)
    if not is_closed_loop(settings) and not settings.arrival.startswith("trace:"):
        due = due_times(settings)
        assert next(due) == 0.0
        assert next(due) < 2**63


def test_a_schedule_without_a_request_is_refused() -> None:
    for text in ("steps:0.000001:0.000001", "steps:1e-6,1e-6:0.5", "ramp:1e-9:1"):
        with pytest.raises(SettingsError):
            parse_arrival(text)


@pytest.mark.parametrize("fault", GIVEN, ids=id_of)
def test_the_program_refuses_in_one_sentence(headless: Headless, fault: Given) -> None:
    done = headless("run", *fault.arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert fault.said in done.stderr
    assert len(done.stderr) < 1500


def test_a_pipe_as_config_does_not_hang(headless: Headless, program_env: dict[str, str], tmp_path: Path) -> None:
    folder = tmp_path / "odd" / "ovtui"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "config.toml")
    done = headless("config", "show", env={**program_env, "XDG_CONFIG_HOME": str(folder.parent)}, limit_s=60)
    assert done.returncode == 2
    assert "config.toml: cannot be read: a pipe or a device, not a file" in done.stderr


def test_a_config_or_preset_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.toml"
    path.touch()
    os.truncate(path, 1 << 30)
    said = "cannot be read: 1,073,741,824 bytes; a file of settings has at most 1,048,576"
    assert [str(problem) for problem in config.load(path).problems] == [f"{path}: {said}"]
    with pytest.raises(SettingsError, match=said):
        presets.load(path)
