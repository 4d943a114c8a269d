"""A group whose first word need not be a command."""

from __future__ import annotations

from typing import Any

import click


class DefaultCommand(click.Group):
    """`ovtui presets NAME` is `ovtui presets show NAME`, and alone it is `ovtui presets list`."""

    def __init__(self, *args: Any, alone: str, default: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        self.alone = alone
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args:
            args = [self.alone]
        elif self.default and not args[0].startswith("-") and args[0] not in self.commands:
            args = [self.default, *args]
        return super().parse_args(ctx, args)
