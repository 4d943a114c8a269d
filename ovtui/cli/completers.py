"""What may stand in a place of the command line, for the shells' completion. Every function here is called by click as
(context, parameter, incomplete word), answers from small files and folder listings, makes and changes nothing on the
disk, and imports what it needs itself: a TAB costs 50 to 110 ms of CPU, 40 of them Python and click, and most of the
rest the schema of the settings."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from ovtui.records.session_file.shipped import SUFFIX as RECORDING_SUFFIX

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

MODEL_SUFFIXES = (".xml", ".onnx", ".tflite", ".pb", ".pdmodel", ".blob")


def models(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ovtui.settings.model_names import BUILT_IN_MODELS

    return [*_items(incomplete, BUILT_IN_MODELS), *_paths(incomplete, MODEL_SUFFIXES)]


def paths(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _paths(incomplete)


def folders(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _paths(incomplete, ())


def toml_files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return _paths(incomplete, (".toml",))


def recordings(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Recordings by path, and by name those that were kept without --record."""
    from ovtui.host import state_paths

    kept: list[str] = []
    with contextlib.suppress(OSError):
        kept = [path.name for path in state_paths.unnamed_recordings()]
    return [*_paths(incomplete, (RECORDING_SUFFIX,)), *_items(incomplete, kept)]


def demos(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ovtui.records.session_file import shipped

    return _items(incomplete, shipped.shipped_recordings())


def lessons(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The sections of `ovtui learn`, by name and by number."""
    from ovtui.cli.lessons import LESSONS

    offered = {lesson.name: lesson.heading for lesson in LESSONS}
    offered |= {str(number): lesson.heading for number, lesson in enumerate(LESSONS, 1)}
    return _items(incomplete, offered, offered.get)


def sessions(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The sessions at whose socket a host listens; a host that was killed leaves its socket behind."""
    from ovtui.host import session_socket

    found = [name for name in session_socket.session_names() if session_socket.is_listened_to(name)]
    return _items(incomplete, found)


def ssh_hosts(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names that ~/.ssh/config has, without its patterns."""
    names: list[str] = []
    with contextlib.suppress(OSError), (Path.home() / ".ssh" / "config").open(errors="replace") as file:
        for line in file.read(1 << 20).splitlines():
            word, _, rest = line.strip().replace("=", " ", 1).partition(" ")
            if word.lower() == "host":
                names += [name for name in rest.split() if not set(name) & set('*?!"')]
    return _items(incomplete, _typeable(dict.fromkeys(names)))


def fleet_runs(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The runs of `ovtui fleet` that are kept, the newest first."""
    from ovtui.host import state_paths

    with contextlib.suppress(OSError):
        kept = sorted(
            (path.parent.name for path in (state_paths.state_folder() / "fleet").glob("*/brief.json")), reverse=True
        )
        return _items(incomplete, kept)
    return []


def presets(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Presets by name, and TOML files; folders once a path is typed, because a name is the usual case."""
    from ovtui.settings.files import presets as preset_files

    found = _paths(incomplete, (".toml",))
    if not incomplete.startswith((".", "~")) and "/" not in incomplete:
        found = [item for item in found if not item.value.endswith("/")]
    return [*_items(incomplete, _typeable(preset_files.names())), *found]


def personal_presets(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from ovtui.settings.files import presets as preset_files

    own = preset_files.shipped_names()
    return _items(incomplete, [name for name in _typeable(preset_files.names()) if name not in own])


def _typeable(names: Iterable[str]) -> list[str]:
    """Those that are not taken for an option."""
    return [name for name in names if not name.startswith("-")]


def devices(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Device strings: the kinds of device, the devices that the last session found, and lists of them behind a virtual
    device ('AUTO:GPU,C' becomes 'AUTO:GPU,CPU')."""
    from ovtui.host.state_paths import remembered_devices
    from ovtui.settings.device_names import PHYSICAL, VIRTUAL

    physical = {**dict.fromkeys(PHYSICAL, ""), **remembered_devices()}
    virtual, colon, listed = incomplete.partition(":")
    if not colon:
        offered = {**physical, "AUTO": "OpenVINO chooses", **{f"{name}:": "" for name in VIRTUAL}}
        return _items(incomplete, offered, offered.get, any_case=True)
    before, comma, _ = listed.rpartition(",")
    if virtual.upper() == "BATCH" and comma:
        return []  # takes one device
    head = f"{virtual.upper()}:{before}{comma}"
    taken = {name.partition("(")[0].upper() for name in before.split(",")}
    offered = {f"{head}{name}": full_name for name, full_name in physical.items() if name not in taken}
    return _items(incomplete, offered, offered.get, any_case=True)


def single_devices(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Kinds of device, the devices that the last session found, and the virtual ones by themselves."""
    from ovtui.host.state_paths import remembered_devices
    from ovtui.settings.device_names import PHYSICAL, VIRTUAL

    offered = {**dict.fromkeys((*PHYSICAL, *VIRTUAL), ""), **remembered_devices()}
    given = ctx.params.get(parameter.name or "") or ()
    left = {name: full for name, full in offered.items() if name not in given}
    return _items(incomplete, left, left.get, any_case=True)


def properties(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """OpenVINO's properties that can be set, as KEY= or GPU.KEY=, and behind the sign their values."""
    from ovtui.settings.openvino_properties.catalogue import catalogue, split_key

    key, sign, _ = incomplete.partition("=")
    device, name = split_key(key)
    if sign:
        entry = catalogue().get(name.upper())
        values = (*entry.offered, *entry.keywords) if entry is not None and entry.settable else ()
        return _items(incomplete, [f"{key}={value}" for value in values], any_case=True)
    head = f"{device}." if device else ""
    offered = {f"{head}{entry.name}=": entry.help for entry in catalogue().values() if entry.settable}
    return _items(incomplete, offered, offered.get, any_case=True)


def arrivals(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The forms of arrival; behind 'trace:' the demos, recordings and CSV files."""
    from ovtui.settings.schema.arrival import FORMS

    kind, colon, rest = incomplete.partition(":")
    if kind == "trace" and colon:
        traces = [*demos(ctx, parameter, rest), *_paths(rest, (".csv", RECORDING_SUFFIX))]
        return [CompletionItem(f"trace:{item.value}") for item in traces]
    forms = {
        f"{name}{':' if parts else ''}": f"{name}{parts}"
        for name, parts in re.findall(r"(?:^|, |or )([a-z]+)(:\S*[^\s,])?", FORMS)
    }
    return _items(incomplete, forms, forms.get)


def of_setting(name: str, choices: Collection[str]) -> Completer:
    """The completer of a setting's option; `choices` are those that the schema has, or the words that may stand for a
    number."""
    return _BY_SETTING.get(name) or (lambda ctx, parameter, incomplete: _items(incomplete, choices, any_case=True))


_BY_SETTING: dict[str, Completer] = {
    "device": devices,
    "fallback_device": devices,
    "properties": properties,
    "arrival": arrivals,
    "input": paths,
    "cache_dir": folders,
    "extensions": paths,
    "rate": lambda ctx, parameter, incomplete: _items(incomplete, ["closed"]),
}


def _items(
    incomplete: str, offered: Iterable[str], help_of: Callable[[str], str | None] = lambda _: None, *,
    any_case: bool = False,
) -> list[CompletionItem]:  # fmt: skip
    fold: Callable[[str], str] = str.upper if any_case else str
    return [
        CompletionItem(value, help=help_of(value) or None)
        for value in offered
        if fold(value).startswith(fold(incomplete))
    ]


def _paths(incomplete: str, suffixes: Collection[str] | None = None) -> list[CompletionItem]:
    """Folders, with '/' at the end, and files: those with one of the suffixes, or all of them. Hidden ones are offered
    once a dot is typed, and -name as ./-name, because it would be taken for an option."""
    folder, slash, begin = incomplete.rpartition("/")
    with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: ~name of nobody
        found = _entries(Path(f"{folder}{slash}" or ".").expanduser(), begin, suffixes)
        safe = {name: "./" if name.startswith("-") and not incomplete else "" for name in sorted(found)}
        return [CompletionItem(f"{folder}{slash}{dot}{name}") for name, dot in safe.items()]
    return []


def _entries(folder: Path, begin: str, suffixes: Collection[str] | None) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(begin) or (entry.name.startswith(".") and not begin):
                continue
            try:
                is_folder = entry.is_dir()
            except OSError:  # a loop of links, for one
                continue
            if is_folder:
                yield f"{entry.name}/"
            elif suffixes is None or os.path.splitext(entry.name)[1].lower() in suffixes:  # noqa: PTH122
                yield entry.name
