"""`ovtui config` and `ovtui presets`, as a person calls them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from harness.fixture_types import Headless

USAGE = 2


@pytest.fixture
def config(program_env: dict[str, str]) -> Path:
    """Where the config file lies; its folder is there."""
    path = Path(program_env["XDG_CONFIG_HOME"]) / "ovtui" / "config.toml"
    path.parent.mkdir()
    return path


def test_path(headless: Headless, config: Path) -> None:
    done = headless("config", "path")
    assert (done.returncode, done.stdout) == (0, f"{config}\n")


def test_without_a_file_everything_is_a_default(headless: Headless, config: Path) -> None:
    done = headless("config", "show", "--origin")
    assert done.returncode == 0
    values = tomllib.loads(done.stdout)
    assert (values["settings"]["device"], values["settings"]["rate"]) == ("AUTO", "closed")
    assert values["view"]["theme"] == "dark"
    assert all(line.endswith("# default") for line in done.stdout.splitlines() if " = " in line)
    assert headless("config").stdout == headless("config", "show").stdout
    assert list(config.parent.iterdir()) == [], "showing writes nothing"


def test_every_source_is_named_and_the_highest_wins(
    headless: Headless, config: Path, program_env: dict[str, str]
) -> None:
    config.write_text(
        "[settings]\nseed = 1\nnireq = 1\nduration_s = 1\nproperties = { PERF_COUNT = true, CPU.X = 1 }\n"
        "[view]\nglyphs = 'ascii'\n[keys]\nfreeze = 'f5'\n"
    )
    env = {**program_env, "OVTUI_NIREQ": "2", "OVTUI_THEME": "light"}
    done = headless(
        "config", "show", "--origin", "--preset", "batching-on", "-d", "CPU", "--set", "NUM_STREAMS=3", env=env
    )
    assert done.returncode == 0, done.stderr
    origin = dict(re.findall(r"^(\S+) = .*?# (.*)$", done.stdout, re.MULTILINE))
    wanted = {
        "device": "flag", "nstreams": "flag", "nireq": "OVTUI_NIREQ", "hint": "preset batching-on",
        "seed": "config file", "duration_s": "config file", "PERF_COUNT": "config file", '"CPU.X"': "config file",
        "glyphs": "config file", "theme": "OVTUI_THEME", "freeze": "config file", "mouse": "default",
    }  # fmt: skip
    assert {name: origin[name] for name in wanted} == wanted
    values = tomllib.loads(done.stdout)
    assert (values["settings"]["nireq"], values["settings"]["nstreams"]) == (2, "3")
    assert values["keys"] == {"freeze": ["f5"]}


def test_what_is_shown_is_a_config_file_again(headless: Headless, config: Path) -> None:
    names = r"""'a:0'[1,3],"it's \"[so]\""[],\[é]"""
    wanted = ("-d", "CPU", "--rate", "30ms", "--set", "GPU.PERF_COUNT=1", "--shape", names)
    shown = headless("config", "show", *wanted).stdout
    assert tomllib.loads(shown)["settings"]["shape"] == names
    config.write_text(shown)
    assert headless("config", "check").returncode == 0
    assert headless("config", "show").stdout == shown


def test_the_template_is_a_config_file_that_changes_nothing(headless: Headless, config: Path) -> None:
    before = headless("config", "show").stdout
    template = headless("config", "template")
    assert template.returncode == 0
    config.write_text(template.stdout)
    assert headless("config", "check").returncode == 0
    assert headless("config", "show").stdout == before
    every = re.sub(r"^#(?=[a-z_-]+ = )", "", template.stdout, flags=re.MULTILINE)
    config.write_text(every)
    checked = headless("config", "check")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stdout
    assert 'freeze = ["space", "f"]' in every


def test_a_run_takes_its_defaults_from_the_file(headless: Headless, config: Path) -> None:
    config.write_text("[settings]\ndevice = 'CPU'\nmodel = 'demo-matmul'\nrequests = 7\nproperties.PERF_COUNT = true\n")
    done = headless("run", "--json", "-")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["requests"]["completed"], result["model"]["name"]) == (7, "demo-matmul")
    assert result["settings"]["properties"] == {"PERF_COUNT": "YES"}


BROKEN = """\
[settings]
nireq = "many"
devcie = "CPU"

[view]
theme = 3

[keys]
freeze = "z"
frieze = "x"
zoom = "ctrl+s"
quit = "esc"
"""


def test_check_tells_all_that_is_wrong_by_file_line_and_key(headless: Headless, config: Path) -> None:
    config.write_text(BROKEN)
    done = headless("config", "check")
    assert done.returncode == 1
    said = done.stdout.splitlines()
    assert [line.partition(": ")[0] for line in said] == [f"{config}:{line}" for line in (2, 3, 6, 10, 11, 9)]
    for words in (
        "settings.nireq: 'many' is not a whole number",
        "settings.devcie: no such setting, did you mean device?",
        "view.theme: expected one of dark, light, terminal, high-contrast, not a whole number",
        "keys.frieze: no such action, did you mean freeze?",
        "keys.zoom: 'ctrl+s': terminals stop their output at it",
        "keys.freeze: 'z' is the key of zoom in the same place; it keeps its default",
    ):
        assert words in done.stdout
    assert f"{config}:12: keys.quit: 'esc': taken as escape" in done.stderr
    assert headless("config", "check", str(config)).stdout == done.stdout


def test_a_run_refuses_a_broken_file_in_one_line_and_the_config_commands_still_help(
    headless: Headless, config: Path
) -> None:
    config.write_text(BROKEN)
    done = headless("run", "-n", "5")
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert len(done.stderr.splitlines()) == 1
    assert f"{config}:2: settings.nireq: 'many' is not a whole number" in done.stderr
    for command in ("path", "template", "docs"):
        assert headless("config", command).returncode == 0
    assert headless("config", "show").returncode == USAGE


def test_wrong_keys_stop_no_run(headless: Headless, config: Path) -> None:
    config.write_text("[keys]\nfreeze = 'no-such-key'\n")
    assert headless("run", "-d", "CPU", "-n", "3").returncode == 0


def test_check_of_a_file_that_is_not_there(headless: Headless, config: Path) -> None:
    assert headless("config", "check").returncode == 0
    done = headless("config", "check", "/no/such/file.toml")
    assert (done.returncode, "no such file" in done.stderr) == (USAGE, True)


def test_presets_are_saved_listed_compared_copied_renamed_and_deleted(headless: Headless, config: Path) -> None:
    folder = config.parent / "presets"
    own = [line.split()[0] for line in headless("presets").stdout.splitlines()]
    saved = headless("presets", "save", "night", "-d", "CPU", "--rate", "30ms", "--title", "As every night")
    assert (saved.returncode, saved.stdout) == (0, ""), saved.stderr
    listed = headless("presets", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == [*own, "night"]
    assert "yours: As every night" in listed[-1]
    assert tomllib.loads(headless("presets", "night").stdout) == tomllib.loads((folder / "night.toml").read_text())

    diff = headless("presets", "diff", "night").stdout.splitlines()
    assert [line.split() for line in diff] == [["device", "AUTO", "→", "CPU"], ["rate", "closed", "→", "33.3333/s"]]
    assert "device" in headless("presets", "diff", "batching-on", "night").stdout

    assert headless("presets", "copy", "batching-on", "mine").returncode == 0
    assert headless("presets", "rename", "mine", "batches").returncode == 0
    assert (folder / "batches.toml").read_text() == headless("presets", "show", "batching-on").stdout.rstrip() + "\n"
    assert headless("presets", "delete", "batches").returncode == 0
    assert [path.name for path in folder.iterdir()] == ["night.toml"]

    run = headless("run", "--preset", "night", "-n", "3", "--json", "-")
    assert json.loads(run.stdout)["settings"]["device"] == "CPU"
    run = headless("run", "--preset", str(folder / "night.toml"), "-n", "3", "--json", "-")
    assert json.loads(run.stdout)["settings"]["device"] == "CPU"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nihgt",), "did you mean night?"),
        (("save", "night", "-d", "GPU"), "is there already; --force writes over it"),
        (("save", "batching-on"), "comes with ovtui and is read-only"),
        (("save", "No Name"), "small letters"),
        (("copy", "batching-on", "night"), "exists already"),
        (("rename", "batching-on", "x"), "comes with ovtui and is read-only"),
        (("delete", "nothing"), "no preset 'nothing' of yours; you have night"),
        (("diff", "night", "nothing"), "no preset 'nothing'"),
        (("diff",), "Missing argument 'FIRST'. (ovtui presets diff --help)"),
    ],
)
def test_what_presets_cannot_do_is_refused(
    headless: Headless, config: Path, arguments: tuple[str, ...], words: str
) -> None:
    folder = config.parent / "presets"
    folder.mkdir()
    (folder / "night.toml").write_text("[settings]\ndevice = 'CPU'\n")
    done = headless("presets", *arguments)
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path.name for path in folder.iterdir()] == ["night.toml"]
    assert (folder / "night.toml").read_text() == "[settings]\ndevice = 'CPU'\n"


def test_a_preset_that_cannot_be_used_is_told_by_file_and_line(headless: Headless, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text("title = 'x'\n[settings]\n\nnireq = -1\n")
    done = headless("run", "--preset", str(path))
    assert done.returncode == USAGE
    assert f"{path}:4: settings.nireq: -1 is out of range: at least 0 and at most 4096" in done.stderr


def test_saving_over_keeps_comments(headless: Headless, config: Path) -> None:
    folder = config.parent / "presets"
    folder.mkdir()
    (folder / "night.toml").write_text("# mine\n[settings]\ndevice = 'CPU' # here\n")
    assert headless("presets", "save", "night", "-d", "NPU", "--force").returncode == 0
    assert (folder / "night.toml").read_text() == (
        '# mine\ntitle = "night"\n\n[settings]\ndevice = "NPU" # here\n'
    )  # fmt: skip
