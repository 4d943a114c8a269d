"""docs/ovtui.1, the man page, made from the command tree: python -m ovtui.cli.man_page > docs/ovtui.1

It is kept in the repository, and a test compares it with the tree: a build hook that makes it would need ovtui's own
dependencies, and with them the network, in every build of the wheel."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator

import click

from ovtui import __version__
from ovtui.cli import session_options
from ovtui.cli.exits import MEANINGS
from ovtui.settings.listing import joined
from ovtui.settings.schema.display_settings import DisplaySettings
from ovtui.settings.schema.fields import fields_by_group, fields_of
from ovtui.settings.schema.settings import Settings

_FILES = (
    ("~/.config/ovtui/config.toml", "The config file; ovtui config template prints one with every setting."),
    ("~/.config/ovtui/presets/", "Presets of your own; ovtui presets save writes one."),
    ("~/.local/state/ovtui/sessions/", "The newest recordings that were made without --record."),
)
_ENVIRONMENT = (
    ("OVTUI_*", "Each setting and each option of a session has a variable, named in brackets behind its help. A flag "
     "wins over the variable, the variable over a preset, a preset over the config file."),
    ("NO_COLOR", "Where it is set, the dashboard has no colours."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME, XDG_RUNTIME_DIR",
     "Move the files below, and the sockets of the sessions."),
)  # fmt: skip
_EXAMPLES = (
    ("ovtui model.xml -d AUTO:GPU,CPU", "The dashboard over a model on AUTO."),
    ("ovtui run model.onnx --duration 10 --json out.json", "Ten seconds without a screen, and the result as JSON."),
    ("ovtui inspect model.onnx", "What the model has and needs, and a command line that runs it."),
    ("ovtui doctor", "Why a GPU or an NPU does not work on this machine, and what to type."),
    ("ovtui devices --brief", "The devices of this machine, one line for each."),
    ("ovtui run --slo 'p99<20ms,errors=0'", "Exit status 3 where a limit is not known to hold."),
    ("ovtui replay", "The last session once more."),
)


def man_page(root: click.Group) -> str:
    """The page as roff text."""
    context = click.Context(root, info_name="ovtui", **root.context_settings)
    look = fields_of(DisplaySettings)
    shared = {*fields_of(Settings), *look, *session_options.NAMES, "preset"}
    dashboard = root.get_command(context, "dashboard")
    assert dashboard is not None
    lines = [
        f'.TH OVTUI 1 "" "ovtui {__version__}" "User Commands"',
        ".nh",
        ".ad l",
        ".SH NAME",
        r"ovtui \- the terminal instrument for OpenVINO",
        ".SH SYNOPSIS",
        r".B ovtui",
        r"[\fIMODEL\fR] [\fIOPTIONS\fR]",
        ".br",
        r".B ovtui",
        r"\fICOMMAND\fR [\fIOPTIONS\fR] [\fIARGUMENTS\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(root.help or ""),
        ".SH OPTIONS",
        *_paragraphs("Beside those of the commands. Each command shows its own help."),
        *_options(root, {parameter.name or "" for parameter in root.get_params(context)}, context),
        ".SH COMMANDS",
    ]
    for command_context, command in _leaves(context, root):
        lines += _command(command_context, command, shared)
    lines += [
        ".SH SETTINGS",
        *_paragraphs(f"Of ovtui, {joined(_with_options(context, root, fields_of(Settings)))}."),
        *_definition(r"\fIMODEL\fR", fields_of(Settings)["model"].spec.help),
        *_options(dashboard, ["preset"]),
    ]
    for group, fields in fields_by_group(Settings).items():
        lines += [f".SS {_escaped(group)}", *_options(dashboard, {field.name for field in fields})]
    lines += [".SH LOOK OF THE DASHBOARD", *_options(dashboard, look)]
    lines += [
        ".SH OPTIONS OF A SESSION",
        *_paragraphs(f"Of ovtui, {joined(_with_options(context, root, session_options.NAMES))}."),
        *_options(dashboard, session_options.NAMES),
    ]
    lines.append(".SH EXIT STATUS")
    for code, meaning in MEANINGS.items():
        lines += _definition(str(int(code)), meaning)
    for title, rows in (("ENVIRONMENT", _ENVIRONMENT), ("FILES", _FILES), ("EXAMPLES", _EXAMPLES)):
        lines.append(f".SH {title}")
        for term, text in rows:
            lines += _definition(rf"\fB{_escaped(term)}\fR", text)
    return "\n".join(lines) + "\n"


def _leaves(context: click.Context, group: click.Group) -> Iterator[tuple[click.Context, click.Command]]:
    """Every command that is no group, in the order of the help."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        sub_context = click.Context(command, parent=context, info_name=name)
        if isinstance(command, click.Group):
            yield from _leaves(sub_context, command)
        else:
            yield sub_context, command


def _with_options(context: click.Context, root: click.Group, names: Collection[str]) -> list[str]:
    """The commands that take all of these options, as they are typed."""
    return [
        sub_context.command_path
        for sub_context, command in _leaves(context, root)
        if {*names} <= {parameter.name for parameter in command.params}
    ]


def _command(context: click.Context, command: click.Command, shared: Collection[str]) -> list[str]:
    """A command's section, with the options that it shares with no other."""
    usage = " ".join(command.collect_usage_pieces(context))
    own = {parameter.name or "" for parameter in command.params} - {*shared}
    return [
        f".SS {_escaped(f'{context.command_path} {usage}')}",
        *_paragraphs(command.help or ""),
        *_options(command, own),
    ]


def _options(command: click.Command, names: Collection[str], context: click.Context | None = None) -> list[str]:
    lines = []
    context = context or click.Context(command)
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
        if parameter.name in names and record is not None:
            flags, text = record
            lines += _definition(re.sub(r"(?<![\w-])(--?[\w-]+)", r"\\fB\1\\fR", _escaped(flags, hyphens=False)), text)
    return [line.replace("-", r"\-") if line.startswith(r"\fB-") else line for line in lines]


def _definition(term: str, text: str) -> list[str]:
    return [".TP", term, _escaped(" ".join(text.split()))]


def _paragraphs(help_text: str) -> list[str]:
    """click's help as roff; a paragraph that begins with \\b keeps its lines."""
    lines: list[str] = []
    for number, paragraph in enumerate(re.split(r"\n\s*\n", inspect.cleandoc(help_text))):
        if number:
            lines.append(".PP")
        if paragraph.startswith("\b"):
            lines += [".nf", *(_escaped(line.strip()) for line in paragraph.splitlines()[1:]), ".fi"]
        else:
            lines.append(_escaped(" ".join(paragraph.split())))
    return lines


def _escaped(text: str, *, hyphens: bool = True) -> str:
    """Plain text for roff: hyphens that can be typed, `words` in bold, and no line that is taken for a request."""
    text = text.replace("\\", r"\e")
    if hyphens:
        text = text.replace("-", r"\-")
    text = re.sub("`([^`]+)`", r"\\fB\1\\fR", text)
    text = (
        text.replace("`", r"\(ga")
        .replace("'", r"\(aq")
        .replace('"', r"\(dq")
        .replace("~", r"\(ti")
        .replace("^", r"\(ha")
    )
    return rf"\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    from ovtui.cli.root import ovtui

    print(man_page(ovtui), end="")
