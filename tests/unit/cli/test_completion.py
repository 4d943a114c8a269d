"""The answer to a TAB, asked as the shells' scripts ask it. tests/program/test_tab_in_shells.py runs the scripts."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ovtui.cli.completion import SHELLS, Line, answer
from ovtui.cli.root import ovtui
from ovtui.host.session_socket import SessionSocket
from ovtui.settings.schema.arrival import parse_arrival
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import fields_of
from ovtui.settings.schema.settings import Settings

Complete = Callable[..., list[str]]
BREAKS = " \t\n\"'@><=;|&(:"
"""COMP_WORDBREAKS as bash has it by default."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, and folders of ovtui's own with nothing of this machine in them."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """`complete('ovtui re')`: the words that bash is offered."""

    def ask(line: str, shell: str = "bash") -> list[str]:
        monkeypatch.setenv("_OVTUI_COMPLETE", f"{shell}_complete")
        monkeypatch.setenv("_OVTUI_LINE", line)
        monkeypatch.setenv("_OVTUI_BREAKS", BREAKS if shell == "bash" else "")
        assert answer(ovtui) == 0
        return capsys.readouterr().out.splitlines()

    return ask


@pytest.mark.parametrize(
    ("text", "words", "incomplete", "quote", "replaced_from"),
    [
        ("ovtui re", ["ovtui"], "re", "", 0),
        ("ovtui re ", ["ovtui", "re"], "", "", 0),
        ("ovtui -d AUTO:GPU,C", ["ovtui", "-d"], "AUTO:GPU,C", "", 5),
        ("ovtui --hint=t", ["ovtui"], "--hint=t", "", 7),
        ("ovtui -d 'AUTO:G", ["ovtui", "-d"], "AUTO:G", "'", 0),
        ('ovtui -d "AUTO:G', ["ovtui", "-d"], "AUTO:G", '"', 0),
        ("ovtui 'a b' c\\ d", ["ovtui", "a b"], "c d", "", 0),
        ("ovtui a\\:b", ["ovtui"], "a:b", "", 0),
        ("ovtui '' ", ["ovtui", ""], "", "", 0),
        ("ovtui it\\'s", ["ovtui"], "it's", "", 0),
        ("ovtui x\\", ["ovtui"], "x", "", 0),
    ],
)
def test_a_line_is_split_as_the_shell_splits_it(
    text: str, words: list[str], incomplete: str, quote: str, replaced_from: int
) -> None:
    line = Line(text, BREAKS)
    assert (line.words, line.incomplete, line.quote, line.replaced_from) == (words, incomplete, quote, replaced_from)


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ovtui re", ["recordings", "replay", "report"]),
        ("ovtui demo-", ["demo-cnn", "demo-mlp", "demo-matmul"]),
        ("ovtui --hint t", ["throughput"]),
        ("ovtui run --hint T", ["throughput"]),
        ("ovtui --hint=", ["none", "latency", "throughput", "cumulative_throughput"]),
        ("ovtui dashboard --theme d", ["dark"]),
        ("ovtui run --nstreams ", ["AUTO", "NUMA"]),
        ("ovtui run --rate ", ["closed"]),
        ("ovtui run --on-hangup ", ["keep", "stop"]),
        ("ovtui run --json-", ["--json-schema"]),
        ("ovtui insp", ["inspect"]),
        ("ovtui doc", ["doctor"]),
        ("ovtui doctor --json-", ["--json-schema"]),
        ("ovtui inspect demo-", ["demo-cnn", "demo-mlp", "demo-matmul"]),
        ("ovtui inspect demo-cnn --data-", ["--data-shape"]),
        ("ovtui devices C", ["CPU"]),
        ("ovtui devices GPU a", ["AUTO"]),
        ("ovtui devices --b", ["--brief"]),
        ("ovtui --fallback", ["--fallback-device"]),
        ("ovtui presets sh", ["show"]),
        ("ovtui presets batching-", ["batching-off", "batching-on"]),
        ("ovtui presets show batching-", ["batching-off", "batching-on"]),
        ("ovtui presets diff batching-on batching-", ["batching-off", "batching-on"]),
        ("ovtui run --preset batching-", ["batching-off", "batching-on"]),
        ("ovtui presets delete ", []),
        ("ovtui config t", ["template"]),
        ("ovtui config --or", ["--origin"]),
        ("ovtui export --to ", ["csv", "jsonl", "trace", "hgrm", "machine"]),
        ("ovtui completion ", ["bash", "zsh", "fish"]),
        ("ovtui demo batching-", ["batching-off", "batching-on"]),
        ("ovtui --arrival p", ["poisson"]),
        ("ovtui --arrival trace:batching-", ["batching-off", "batching-on"]),
        ("ovtui --set PERF_COUNT=", ["YES", "NO"]),
        ("ovtui --set GPU.PERF_COUN", ["GPU.PERF_COUNT="]),
        ("ovtui --set NO_SUCH=", []),
        ("ovtui run demo-cnn ", []),
        ("ovtui -n 4 -hint demo-c", ["demo-cnn"]),
        ("ovtui reprot ", []),
        ("ovtui run --keep-for nonsense --hint l", ["latency"]),
    ],
)
def test_what_may_follow(complete: Complete, line: str, offered: list[str]) -> None:
    assert complete(line) == offered


def test_the_first_word_may_be_a_command_a_model_or_a_folder(complete: Complete, folder: Path) -> None:
    (folder / "models").mkdir()
    for name in ("net.onnx", "notes.txt", ".hidden.xml"):
        (folder / name).touch()
    offered = complete("ovtui ")
    assert offered[0] == "ab"
    assert set(offered) >= {"demo-cnn", "models/", "net.onnx"}
    assert not {"notes.txt", ".hidden.xml"} & set(offered)
    assert len(offered) == len(set(offered))


def test_a_loop_of_links_hides_no_other_file(complete: Complete, folder: Path) -> None:
    (folder / "loop").symlink_to("loop")
    (folder / "mine.ovtui").touch()
    assert complete("ovtui replay ") == ["mine.ovtui"]
    assert complete("ovtui -i ") == ["mine.ovtui"]


def test_devices_are_the_fixed_words_and_those_of_the_last_session(complete: Complete) -> None:
    from ovtui.host.state_paths import remember_devices

    fixed = ["CPU", "GPU", "NPU", "AUTO", "AUTO:", "MULTI:", "HETERO:", "BATCH:"]
    assert complete("ovtui -d ") == fixed
    remember_devices({"CPU": "A CPU", "GPU.0": "One", "GPU.1": "Two"})
    assert set(complete("ovtui -d ")) == {*fixed, "GPU.0", "GPU.1"}
    assert complete("ovtui -d GPU.") == ["GPU.0", "GPU.1"]
    assert complete("ovtui -d gpu.1") == ["GPU.1"]
    assert complete("ovtui -d AUTO:GPU.1,") == ["GPU.1,CPU", "GPU.1,GPU", "GPU.1,NPU", "GPU.1,GPU.0"]
    assert complete("ovtui --device=AUTO:C") == ["CPU"]
    assert complete("ovtui -dAUTO:C") == ["CPU"]
    assert complete("ovtui -d BATCH:GPU.0,") == []
    assert "AUTO:GPU.1\tTwo" in complete("ovtui -d AUTO:", "zsh")


def test_recordings_are_files_by_path_and_kept_ones_by_name(complete: Complete, folder: Path) -> None:
    from ovtui.host import state_paths

    kept = Path(state_paths.new_recording())
    kept.touch()
    (folder / "mine.ovtui").touch()
    (folder / "mine.txt").touch()
    for command in ("replay", "export", "report", "bundle"):
        assert complete(f"ovtui {command} ") == ["mine.ovtui", kept.name]


def test_sessions_are_those_whose_host_listens(complete: Complete, tmp_path: Path) -> None:
    listening = SessionSocket()
    killed = listening.path.with_name("0killed0.sock")
    killed.touch()
    assert complete("ovtui attach ") == [listening.name]
    assert complete("ovtui stop ") == [listening.name]
    assert complete("ovtui bundle ")[0] == listening.name
    assert killed.exists()  # a TAB only looks
    listening.close()
    assert complete("ovtui attach ") == []


@pytest.mark.parametrize(
    "line",
    ["-d ", "--preset ", "--arrival trace:", "replay ", "stop ", "attach ", "presets ", "presets delete ", "run "],
)
def test_completion_makes_nothing(
    complete: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "fresh" / name))
    complete(f"ovtui {line}")
    assert not (tmp_path / "fresh").exists()


def test_what_bash_would_take_apart_is_quoted(complete: Complete, folder: Path) -> None:
    (folder / "net (1) $x.xml").touch()
    assert complete("ovtui run n") == [r"net\ \(1\)\ \$x.xml"]
    assert complete("ovtui run 'n") == ["net (1) $x.xml"]
    assert complete('ovtui run "n') == [r"net (1) \$x.xml"]


def test_other_shells_get_the_whole_word_and_its_help(complete: Complete) -> None:
    for shell in ("zsh", "fish"):
        assert complete("ovtui --hint=t", shell) == ["--hint=throughput"]
        assert complete("ovtui -d AUTO:NP", shell) == ["AUTO:NPU"]
        assert complete("ovtui stop", shell) == ["stop\tEnd a running session."]


@pytest.mark.parametrize("schema", [Settings, DisplaySettings])
def test_every_setting_with_choices_completes_them(complete: Complete, schema: type) -> None:
    for field in fields_of(schema).values():
        if field.choices:
            assert complete(f"ovtui {field.spec.flags[0]} ") == list(field.choices)


def test_every_form_of_arrival_is_offered(complete: Complete) -> None:
    offered = complete("ovtui --arrival ")
    values = {"burst:": "burst:4", "ramp:": "ramp:10:5", "steps:": "steps:1,2:3", "trace:": "trace:x.csv"}
    assert {type(parse_arrival(values.get(form, form))).__name__ for form in offered} == {
        "Constant", "Poisson", "Burst", "Ramp", "Steps", "Trace",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"CPU": 1}',
        '{"GPU.0": null}',
        "\x00",
        "[" * 200_000,
        '{"a":' * 200_000,
        '{"GPU.0": "\\ud800"}',
        "7",
    ],
    ids=range(10),
)
def test_a_garbled_list_of_devices_counts_as_none(complete: Complete, tmp_path: Path, text: str) -> None:
    from ovtui.host.state_paths import remember_devices, remembered_devices

    state = tmp_path / "XDG_STATE_HOME" / "ovtui"
    state.mkdir()
    (state / "devices.json").write_text(text)
    assert remembered_devices() == {}
    assert complete("ovtui -d G") == ["GPU"]
    remember_devices({"CPU": "A CPU"})
    assert remembered_devices() == {"CPU": "A CPU"}


def test_a_list_of_devices_that_is_no_file_counts_as_none(complete: Complete, tmp_path: Path) -> None:
    state = tmp_path / "XDG_STATE_HOME" / "ovtui"
    state.mkdir()
    os.mkfifo(state / "devices.json")  # nobody writes to it: to read it takes forever
    assert complete("ovtui -d G") == ["GPU"]


def test_devices_are_written_whole(tmp_path: Path) -> None:
    from ovtui.host.state_paths import remember_devices, remembered_devices

    assert remembered_devices() == {}
    remember_devices({"CPU": "A CPU"})
    remember_devices({"CPU": "A CPU", "NPU": "An NPU"})
    assert remembered_devices() == {"CPU": "A CPU", "NPU": "An NPU"}
    [file] = (tmp_path / "XDG_STATE_HOME" / "ovtui").iterdir()
    assert json.loads(file.read_text()) == remembered_devices()


def test_a_failure_prints_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("_OVTUI_LINE", raising=False)
    for instruction in ("bash_complete", "csh_complete", ""):
        monkeypatch.setenv("_OVTUI_COMPLETE", instruction)
        assert answer(ovtui) == 1
    assert capsys.readouterr() == ("", "")


def test_the_source_instruction_prints_the_script(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for shell in SHELLS:
        monkeypatch.setenv("_OVTUI_COMPLETE", f"{shell}_source")
        assert answer(ovtui) == 0
        assert "_OVTUI_LINE" in capsys.readouterr().out
