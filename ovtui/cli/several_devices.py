"""`-d` given several times, of the commands that run the model on one device after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import fields

F = TypeVar("F", bound=Callable[..., Any])
_DEVICE = "device"


def several_devices(help_text: str) -> Callable[[F], F]:
    """Makes the option of the setting `device` repeatable; to be put above what adds the settings."""

    def change(command: F) -> F:
        for parameter in getattr(command, "__click_params__", []):
            if isinstance(parameter, click.Option) and parameter.name == _DEVICE:
                parameter.multiple = True
                parameter.help = f"{help_text}  [{fields()[_DEVICE].env}]"
        return command

    return change


def take_devices(given: dict[str, Any]) -> list[str]:
    """Takes those of the command line out of its parameters, each once, as settings hold them; empty where there are
    none. Raises click.UsageError."""
    asked: Sequence[str] = given.pop(_DEVICE, None) or ()
    try:
        return list(dict.fromkeys(str(fields()[_DEVICE].read(text)) for text in asked))
    except SettingsError as error:
        raise click.UsageError(str(error)) from None
