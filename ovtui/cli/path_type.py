"""The type of a path on the command line: '~' stands for the home folder also where the shell leaves it, as in
'~/run.json' within quotes, in --json=~/run.json, and in a variable."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from ovtui.settings.paths import expand_home


class PathText(click.ParamType[str]):
    """A text that names a file or a folder, which need not exist."""

    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        given = ctx.get_parameter_source(param.name) if ctx and param and param.name else None
        if value == "" and given is ParameterSource.COMMANDLINE:
            # As of --record "$FILE" where the variable is not set: the result would be lost without a word.
            self.fail("the name is empty; give a file, or leave it out", param, ctx)
        return expand_home(str(value))


PATH = PathText()
