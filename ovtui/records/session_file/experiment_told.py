"""Which experiment a recording is, where its events do not say it: recordings of before they did tell it by the preset
in their command, and those that come with ovtui and were made without one by `check` in `meta`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ovtui.records.events import Event, Experiment, SessionBegan
from ovtui.records.experiment import of_preset
from ovtui.settings.errors import SettingsError
from ovtui.settings.files.presets import find, shipped_names
from ovtui.settings.schema.settings import Settings

CHECK = "check"
"""In `meta`: the name of a check of settings.experiments."""


def with_experiment(events: Iterable[tuple[int, Event]], meta: Mapping[str, str]) -> Iterator[tuple[int, Event]]:
    """The events of a recording, of which the one that began the session says which experiment it is."""
    for number, event in events:
        if isinstance(event, SessionBegan) and event.experiment is None:
            yield number, msgspec.structs.replace(event, experiment=experiment_of(meta, event.settings))
        else:
            yield number, event


def experiment_of(meta: Mapping[str, str], settings: Settings) -> Experiment | None:
    """By the table `meta`; None where it is no experiment. A personal preset may be another one by now."""
    if meta.get(CHECK):
        return Experiment(check=meta[CHECK])
    try:
        name = _preset_in(shlex.split(meta.get("command", "")))
        return of_preset(find(name), settings) if name in shipped_names() else None
    except (SettingsError, ValueError):  # a quotation that does not end, a preset that cannot be read
        return None


def _preset_in(words: list[str]) -> str:
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == "--preset":
            return following
        if word.startswith("--preset="):
            return word.partition("=")[2]
    return ""
