"""Paths in the settings of a run on a box: which are of the box, and whether they can be."""

from __future__ import annotations

import os
import re

from ovtui.settings.model_names import BUILT_IN_MODELS
from ovtui.settings.openvino_properties.catalogue import catalogue, split_key
from ovtui.settings.schema.arrival import Trace, parse_arrival
from ovtui.settings.schema.settings import Settings
from ovtui.settings.shown_text import in_quotes

_NAMED_PATH = re.compile(r'(?:"[^"]*"|[^:",/]*):(.*)')


def paths_there(settings: Settings, *, model_there: bool) -> dict[str, list[str]]:
    """The paths that are taken for paths of the box, by the flag that gives them. All but the model are: only that is
    sent."""
    found: dict[str, list[str]] = {}
    if model_there and settings.model not in BUILT_IN_MODELS:
        found["MODEL"] = [settings.model]
    if settings.input:
        found["--input"] = [_without_name(part) for part in settings.input.split(",") if part]
    if settings.cache_dir:
        found["--cache-dir"] = [as_of_home(settings.cache_dir)]
    libraries = [part for part in settings.extensions.split(",") if "/" in part or part.endswith(".so")]
    if libraries:
        found["--extensions"] = libraries
    found |= {f"--set {key}": [value] for key, value in properties_there(settings).items() if value and _is_path(key)}
    arrival = parse_arrival(settings.arrival)
    if isinstance(arrival, Trace):
        found["--arrival"] = [as_of_home(arrival.path)]
    return found


def properties_there(settings: Settings) -> dict[str, str]:
    """OpenVINO's properties, their paths as `as_of_home`."""
    return {key: as_of_home(value) if _is_path(key) else value for key, value in settings.properties.items()}


def _is_path(key: str) -> bool:
    known = catalogue().get(split_key(key)[1].upper())
    return known is not None and known.path


def why_not_there(paths: dict[str, list[str]]) -> str:
    """Why one of them can be no path of a box, as a sentence; empty where all can. A run works in a folder of its
    own there, in which a relative path leads to nothing."""
    for flag, each in paths.items():
        for path in each:
            if not path.startswith(("/", "~/")):
                only = "" if flag == "MODEL" else ", and only the model is sent to it"
                return f"{flag} {in_quotes(path)}: this is a path of each box{only}: write it from / or ~/ on"
    return ""


def as_of_home(path: str) -> str:
    """A path below the home folder here as one below that of whoever reads it: a shell here has already written out the
    `~`."""
    home = os.path.expanduser("~")  # noqa: PTH111
    below = path.startswith(f"{home}/") and home != "/"
    return f"~/{path[len(home) + 1 :]}" if below else path


def _without_name(part: str) -> str:
    """'image:/data/cat.jpg' names its input first."""
    found = _NAMED_PATH.fullmatch(part)
    return found[1] if found else part
