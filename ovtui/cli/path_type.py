"""The type of a path on the command line: '~' stands for the home folder also where the shell leaves it, as in
'~/run.json' within quotes, in --json=~/run.json, and in a variable."""

from __future__ import annotations

from typing import Any

import click

from ovtui.settings.paths import expand_home


class PathText(click.ParamType[str]):
    """A text that names a file or a folder, which need not exist."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ARG002
        return expand_home(str(value))


PATH = PathText()
