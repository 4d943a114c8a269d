from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.settings.errors import SettingsError
from ovtui.settings.files.toml_file import TomlFile, line_of, parse, read, read_struct
from ovtui.settings.schema.settings import Settings

PATH = Path("/somewhere/config.toml")


def settings_in(text: str) -> tuple[dict[str, object], list[str]]:
    """The values of [settings], and the problems as texts."""
    file = parse(PATH, text)
    values = read_struct(file, "settings", Settings)
    return values, [str(problem) for problem in file.problems]


def test_values_may_have_their_own_type_or_be_written_as_on_the_command_line() -> None:
    values, problems = settings_in(
        '[settings]\nnireq = 4\nrate = "30ms"\nprobe = "no"\nnstreams = 2\nbatch_timeout_ms = ""\n'
        'hint = "LATENCY"\nduration_s = 3\nproperties = { perf_count = true, GPU.OFFLOAD_RATIO = 5, NUM_STREAMS = 3 }\n'
    )
    assert problems == []
    assert values.pop("rate") == pytest.approx(1000 / 30)
    assert values == {
        "nireq": 4, "probe": "no", "nstreams": "3", "batch_timeout_ms": None, "hint": "latency", "duration_s": 3,
        "properties": {"PERF_COUNT": "YES", "GPU.OFFLOAD_RATIO": "5"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nireq = 'many'", "settings.nireq: 'many' is not a whole number"),
        ("nireq = 5000", "settings.nireq: 5000 is out of range: at least 0 and at most 4096"),
        ("nireq = true", "settings.nireq: expected a whole number from 0 to 4,096, not true or false"),
        ("nireq = 1.5", "settings.nireq: expected a whole number from 0 to 4,096, not a number"),
        ("rate = [1]", "settings.rate: expected requests per second (33.3), a period (30ms) or 'closed', not a list"),
        ("rate = 2026-01-01", "not a date or time"),
        ("device = 3", "settings.device: expected a text, not a whole number"),
        ("mean_values = [1, 2]", "settings.mean_values: expected a text, such as '[123.7,116.3,103.5]', not a list"),
        ("probe = 1", "settings.probe: expected one of auto, yes, no, not a whole number"),
        ("hint = 'fast'", "settings.hint: 'fast' is not one of none, latency, throughput, cumulative_throughput"),
        ("nstreams = 0", "settings.nstreams: '0' is not a whole number from 1, AUTO or NUMA"),
        ("devcie = 'CPU'", "settings.devcie: no such setting, did you mean device?"),
        ("properties = 'PERF_COUNT=YES'", "settings.properties: expected a table of KEY = value, not a text"),
        ("properties.PERF_COUNT = 'maybe'", "settings.properties.PERF_COUNT: 'maybe' is not YES or NO"),
        ("properties.GPU.OFFLOAD_RATIO = 101", "settings.properties.GPU.OFFLOAD_RATIO: 101 is out of range"),
        ("properties.X = [1]", "settings.properties.X: expected a text, a number, true or false, not a list"),
        (
            "properties.NUM_STREAMS = 0",
            "settings.properties.NUM_STREAMS: is the setting streams: '0' is not a whole number",
        ),
    ],
)
def test_errors_give_file_line_key_and_what_is_expected(line: str, expected: str) -> None:
    text = f"# a comment\n\n[settings]\ndispatch = 'fifo'\n# why\n{line}\nseed = 7\n"
    values, problems = settings_in(text)
    assert values == {"dispatch": "fifo", "seed": 7}, "the rest still counts"
    assert len(problems) == 1
    assert problems[0].startswith(f"{PATH}:6: ")
    assert expected in problems[0]


def test_everything_that_is_wrong_is_told() -> None:
    _, problems = settings_in("[settings]\nnireq = 'x'\nhint = 'y'\n")
    assert [problem.split(": ")[0] for problem in problems] == [f"{PATH}:2", f"{PATH}:3"]


def test_a_table_that_is_none() -> None:
    values, problems = settings_in("settings = 3\n")
    assert (values, problems) == ({}, [f"{PATH}:1: settings: a table was expected, [settings], not a whole number"])


def test_unknown_tables_are_told() -> None:
    file = parse(PATH, "[settings]\n[kyes]\n")
    file.check_known_keys({"settings": 0, "keys": 0})
    assert [str(problem) for problem in file.problems] == [
        f"{PATH}:2: kyes: unknown; expected settings or keys; did you mean keys?"
    ]
    with pytest.raises(SettingsError, match=r"config\.toml:2: kyes"):
        file.raise_problems()


@pytest.mark.parametrize(
    ("text", "place"),
    [("a = 1\nb c\n", ":2: not TOML: "), ("a = 1\n\nb = [\n", ":3: not TOML: "), ("a = 1\na = 2\n", ":2: not TOML: ")],
)
def test_a_file_that_is_no_toml(text: str, place: str) -> None:
    file = parse(PATH, text)
    assert len(file.problems) == 1
    assert str(file.problems[0]).startswith(f"{PATH}{place}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"a = '\xff'\n")
    for path, expected in (
        (tmp_path, "cannot be read"),
        (tmp_path / "none.toml", "cannot be read: No such file or directory"),
        (tmp_path / "bytes.toml", "not a TOML file: not UTF-8 in line 1 (byte 0xff)"),
    ):
        file = read(path)
        assert [str(problem) for problem in file.problems] == [f"{path}: {file.problems[0].text}"]
        assert expected in file.problems[0].text


def test_lines_are_found_through_everything_toml_has() -> None:
    text = (
        "top = 1  # [settings]\n"
        "\n"
        "'quoted key' = '''\n"
        "[settings]\n"
        "nireq = 4\n"
        "'''\n"
        "[settings]\n"
        "many = [\n"
        "  1,  # nireq = 5\n"
        "]\n"
        "nireq = 4\n"
        "a.b.c = 1\n"
        "inline = { x = { y = 2 } }\n"
        "[settings.sub]\n"
        "deep = true"
    )
    lines = {
        ("top",): 1, ("quoted key",): 3, ("settings",): 7, ("settings", "many"): 8, ("settings", "nireq"): 11,
        ("settings", "a", "b", "c"): 12, ("settings", "inline", "x", "y"): 13, ("settings", "sub"): 14,
        ("settings", "sub", "deep"): 15,
    }  # fmt: skip
    assert {keys: line_of(text, keys) for keys in lines} == lines
    assert line_of(text, ("settings", "absent")) == 7, "of what is absent, the table"
    assert line_of(text, ("absent",)) is None


def test_an_empty_file_has_nothing_wrong() -> None:
    assert TomlFile(PATH).problems == []
    assert settings_in("") == ({}, [])
