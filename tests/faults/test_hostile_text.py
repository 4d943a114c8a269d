"""No control character from outside reaches a terminal, whatever it comes in: the arguments of every command, the
variables, files of settings, names of files and folders, models, recordings."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from harness import hostile
from harness.fault_table import Fault
from harness.fixture_types import Headless, StartProgram
from harness.onnx_bytes import onnx_bytes
from harness.program import Program, What

from ovtui.cli import run as run_module
from ovtui.cli.main import run
from ovtui.cli.root import ovtui
from ovtui.records.session_file.shipped import shipped_recordings
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import fields_of
from ovtui.settings.schema.settings import Settings

SECTION = "terminal and start"
SPOKEN = "the name is shown with escapes, `\\x1b` `\\u202e` `\\n`; no sign of it reaches the terminal"
FAULTS = [
    Fault("a hostile name as any argument or option of any command", SPOKEN, 2, SECTION),
    Fault("a hostile value in any OVTUI_ variable", SPOKEN, 2, SECTION),
    Fault(
        "bytes that are no UTF-8 in any argument, option or variable",
        "shown as `\\x9b`, as bash and ls write them",
        2,
        SECTION,
    ),
    Fault("hostile keys and values in any table of a config file or a preset", SPOKEN, 2, SECTION),
    Fault("a recording of a stranger, hostile in every text, on every page of the dashboard", SPOKEN, 0, SECTION),
    Fault("such a recording as CSV, JSON lines, trace, report, JSON and summary on a terminal", SPOKEN, 0, SECTION),
    Fault("a model whose name, folder and ports are hostile", SPOKEN, 0, SECTION),
]
HOSTILE = hostile.NAME.replace("\x00", "")
HALF = r"\udc"
"""How Python writes a byte that is no UTF-8, which a person is shown as `\\x9b`."""
ALL_SETTINGS = {**fields_of(Settings), **fields_of(DisplaySettings)}


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command of the tree with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands(ovtui))


def calls(words: tuple[str, ...], command: click.Command) -> Iterator[list[str]]:
    """Calls of the command with the name in each place in turn; what else is needed has a harmless value."""
    needed = {part: ["csv"] if "--to" in part.opts else ["x"] for part in command.params if part.required}
    for place in command.params:
        if isinstance(place, click.Option) and (place.is_flag or place.count):
            continue
        call = list(words)
        for part in command.params:
            value = [HOSTILE] if part is place else needed.get(part)
            if value and isinstance(part, click.Option):
                call += [part.opts[0], *value]
            elif value:
                call += value
        yield call
    yield [*words, f"--{HOSTILE}"]
    yield [*words, "x", "x", HOSTILE, HOSTILE]
    yield [*words, f"-{HOSTILE}"]


@pytest.fixture
def said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Runs a command up to where a session would start, as on a terminal; its exit code and all that it printed."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
        (tmp_path / name.lower()).mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path)

    def not_started(settings: Settings, *_: Any) -> None:
        texts = (f"{name} {field.show(getattr(settings, name))}" for name, field in fields_of(Settings).items())
        raise click.UsageError("; ".join(texts))

    monkeypatch.setattr(run_module, "start_session", not_started)
    for starts in (
        "cli.dashboard.start_session", "cli.study_watch.start_session", "host.inspector.inspect_model",
        "host.layers_profiler.profile_layers", "host.verifier.verify", "host.compile_timer.time_compile",
    ):  # fmt: skip
        monkeypatch.setattr(f"ovtui.{starts}", not_started)

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        code = run(words)
        sys.stdout.flush()
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_prints_what_an_argument_holds(words: tuple[str, ...], said: Callable[..., tuple[int, str]]) -> None:
    for call in calls(words, COMMANDS[words]):
        code, text = said(*call)
        assert not hostile.bad_signs(text), f"{call!a} printed {text!a}"
        assert HALF not in text, f"{call!a} printed {text!a}"
        assert "Traceback" not in text
        if code:
            assert text.count("ovtui: ") == len(text.splitlines()), f"{call!a} printed {text!a}"


@pytest.mark.parametrize("group", ["", "config", "presets"])
def test_no_group_prints_a_word_that_is_no_command(group: str, said: Callable[..., tuple[int, str]]) -> None:
    for word in (HOSTILE, f"--{HOSTILE}", f"{HOSTILE}.xml", f"./{HOSTILE}"):
        code, text = said(*filter(None, (group, word)))
        assert code == 2
        assert not hostile.bad_signs(text), ascii(text)


def test_no_message_prints_a_variable(said: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    for field in ALL_SETTINGS.values():
        for value in (HOSTILE, f"x:{HOSTILE}", f"trace:{HOSTILE}", f"{HOSTILE}=1"):
            monkeypatch.setenv(field.env, value)
            for command in (("config", "show"), ("run",)):
                code, text = said(*command)
                assert not hostile.bad_signs(text), f"{field.env}: {text!a}"
                assert HALF not in text, f"{field.env}: {text!a}"
                assert "Traceback" not in text
                assert code in (0, 2)
        monkeypatch.delenv(field.env)


def toml_text(text: str) -> str:
    return '"' + "".join(f"\\U{ord(sign):08x}" for sign in text if not "\ud800" <= sign <= "\udfff") + '"'


def files_of_settings() -> Iterator[str]:
    name = toml_text(HOSTILE)
    for table in ("settings", "view", "keys", "settings.properties", f"settings.{name}", name):
        yield f"[{table}]\n{name} = {name}\n"
        yield f"[{table}]\n{name} = 1\n"
    for table, schema in (("settings", Settings), ("view", DisplaySettings)):
        for field in fields_of(schema).values():
            for value in (name, f"[{name}]", f"{{{name} = {name}}}", toml_text(f"x:{HOSTILE}")):
                yield f"[{table}]\n{field.name} = {value}\n"
    yield f"{name} = {name}\ntitle = {name}\nexpect = {name}\n"
    yield f"title = [{name}]\n"
    yield '[keys]\nquit = "' + "\\u001b]0;x\\u0007" + '"\nhelp = "' + "\\u202e" + '"\n'
    for sign in "\x1b\x9b\u202e\x7f\x00\x07":
        yield f"[settings]\nrate = {sign}\n"
        yield f"a{sign} = 1\n"


def test_no_message_prints_a_key_or_a_value_of_a_file(said: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    config = tmp_path / "xdg_config_home" / "ovtui" / "config.toml"
    preset = config.parent / "presets" / f"{hostile.FILE_NAME}.toml"
    preset.parent.mkdir(parents=True)
    for content in files_of_settings():
        for path, others in (
            (config, (("config", "check"), ("config", "--origin"), ("run",))),
            (preset, (("presets",), ("presets", "show", str(preset)), ("presets", "diff", preset.stem))),
        ):
            path.write_text(content, encoding="utf-8")
            for words in others:
                code, text = said(*words)
                assert not hostile.bad_signs(text, "\n\t"), f"{content!a} {words!a}: {text!a}"
                assert "Traceback" not in text
                assert code in (0, 1, 2)
            path.unlink()


def without(text: str) -> Callable[[str], object]:
    return lambda screen: text not in screen


VIEWS: tuple[tuple[str, What], ...] = (
    ("2", "[2 requests]"), ("3", "[3 batches]"), ("4", "[4 distribution]"), ("5", "[5 devices]"), ("6", "[6 history]"),
    ("1", "[1 overview]"), ("s", "SETTINGS"), ("end", "Inputs"), ("escape", without("SETTINGS")), ("p", "─ Presets"),
    ("escape", without("─ Presets")), ("?", "─ Help"), ("escape", without("─ Help")), ("v", "─ Advice"),
    ("escape", without("─ Advice")), ("e", "─ Events"), ("escape", without("─ Events")), ("O", "─ Whole reason"),
    ("escape", without("─ Whole reason")),
    ("Y", "copied by OSC 52"),
)  # fmt: skip
"""Keys, and what is on the screen then."""


class Shown:
    """All that a program has sent to its terminal."""

    def __init__(self, program: Program) -> None:
        self.raw = bytearray()
        feed = program.terminal.feed

        def keep(data: bytes) -> None:
            self.raw.extend(data)
            feed(data)

        program.terminal.feed = keep  # type: ignore[method-assign]


def hostile_files(folder: Path) -> None:
    """A config file and presets below the folder of config files."""
    name = toml_text(hostile.TEXT_NAME)
    presets = folder / "ovtui" / "presets"
    presets.mkdir(parents=True)
    (folder / "ovtui" / "config.toml").write_text(f'[keys]\n{name} = {name}\nhelp = ["question_mark", {name}]\n')
    text = f"title = {name}\nexpect = {name}\n[settings]\ninput = {name}\n"
    (presets / f"{hostile.FILE_NAME}.toml").write_text(text)
    (presets / f"1{hostile.FILE_NAME}.toml").write_text(f"{text}{name} = {name}\n")


def test_no_view_draws_what_a_recording_holds(start: StartProgram, program_env: dict[str, str], tmp_path: Path) -> None:
    recording = tmp_path / f"{hostile.FILE_NAME}.ovtui"
    shutil.copy(shipped_recordings()["gpu-loses"], recording)
    assert hostile.spoil_recording(recording) > 200
    hostile_files(Path(program_env["XDG_CONFIG_HOME"]))
    program = start("replay", str(recording), "--speed", "100")
    sent = Shown(program)
    program.wait_for("REPLAY 100x")
    program.wait_for("ended")
    for key, text in (*VIEWS, ("x", "the load has ended")):
        program.keys(key)
        program.wait_for(text)
    program.keys("q")
    assert program.wait() == 0
    program.assert_terminal_restored()
    assert not hostile.bad_bytes(bytes(sent.raw))
    assert b"\\x1b]0;PWNED\\x07" in sent.raw
    assert "PWNED\x07" not in program.terminal.clipboard


@pytest.mark.parametrize("form", ["csv", "jsonl", "trace", "report", "result", "json"])
def test_no_text_of_a_recording_reaches_a_terminal(
    start: StartProgram, program_env: dict[str, str], tmp_path: Path, form: str
) -> None:
    recording = tmp_path / f"{hostile.FILE_NAME}.ovtui"
    shutil.copy(shipped_recordings()["gpu-loses"], recording)
    hostile.spoil_recording(recording)
    arguments = {
        "report": ["report", "-o", "-", str(recording)], "json": ["replay", "--json", "-", str(recording)],
        "result": ["replay", "--json", f"{tmp_path}/{hostile.FILE_NAME}.json", str(recording)],
    }.get(form, ["export", "--to", form, str(recording)])  # fmt: skip
    program = start(*arguments)
    sent = Shown(program)
    assert program.wait() == 0
    assert not hostile.bad_signs(sent.raw.decode("utf-8", "surrogateescape"), "\n\r\t")
    assert len(sent.raw) > 2000


def test_no_text_of_a_recording_reaches_a_file_for_people(headless: Headless, tmp_path: Path) -> None:
    recording = tmp_path / "h.ovtui"
    shutil.copy(shipped_recordings()["gpu-loses"], recording)
    hostile.spoil_recording(recording)
    assert headless("report", str(recording), "-o", str(tmp_path / "h")).returncode == 0
    assert headless("replay", str(recording), "--json", str(tmp_path / "h.json")).returncode == 0
    for suffix in (".md", ".html", ".json"):
        text = (tmp_path / f"h{suffix}").read_text(encoding="utf-8")
        assert "PWNED" in text
        assert not hostile.bad_signs(text), suffix


def hostile_model(folder: Path) -> Path:
    model = folder / hostile.FILE_NAME / f"{hostile.FILE_NAME}.onnx"
    model.parent.mkdir()
    model.write_bytes(onnx_bytes(x=hostile.TEXT_NAME, y=f"y{hostile.TEXT_NAME}"))
    return model


def test_what_is_told_of_a_hostile_model_is_clean(
    start: StartProgram, program_env: dict[str, str], tmp_path: Path
) -> None:
    model = str(hostile_model(tmp_path))
    for arguments, code in (
        (("inspect", model), 0),
        (("run", model, "-d", "CPU", "-n", "5", "--input", f"{hostile.FILE_NAME}:nothing.npy"), 2),
        (("run", model, "-d", "CPU", "-n", "5", "--shape", "[7,7]", "--verbose"), 4),
    ):
        program = start(*arguments)
        sent = Shown(program)
        assert program.wait() == code, program.text
        assert not hostile.bad_signs(sent.raw.decode("utf-8", "surrogateescape").replace("\x1b[K", ""), "\n\r"), (
            arguments
        )


def test_a_hostile_model_config_and_folder_do_not_reach_the_screen(
    start: StartProgram, program_env: dict[str, str], tmp_path: Path
) -> None:
    hostile_files(Path(program_env["XDG_CONFIG_HOME"]))
    model = hostile_model(tmp_path)
    program = start(str(model), "-d", "CPU", "--rate", "50", "--cache-dir", str(tmp_path / hostile.FILE_NAME))
    sent = Shown(program)
    program.wait_for("REQUESTS")
    for key, text in (*VIEWS, ("x", "nothing is staged")):
        program.keys(key)
        program.wait_for(text)
    program.keys("q")
    assert program.wait() == 0
    assert not hostile.bad_bytes(bytes(sent.raw))
    assert "a\\x1b]0;PWNED\\x07b" in program.text
