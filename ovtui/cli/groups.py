"""Command groups: one that imports a subcommand when it is asked for, and one that also has a default command."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is asked for: the recipe of click's documentation, "Lazily Loading
    Subcommands"."""

    def __init__(self, *args: Any, lazy_subcommands: Mapping[str, str] | None = None, **more: Any) -> None:
        """`lazy_subcommands`: name to 'module:attribute'."""
        super().__init__(*args, **more)
        self.lazy_subcommands = dict(lazy_subcommands or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.lazy_subcommands})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        target = self.lazy_subcommands.get(cmd_name)
        if target is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = target.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


class DefaultGroup(LazyGroup):
    """A group with a command for the case that none is named: `ovtui model.xml -d CPU` is
    `ovtui dashboard model.xml -d CPU`, and `ovtui presets NAME` is `ovtui presets show NAME`."""

    def __init__(
        self,
        *args: Any,
        alone: str,
        default: str = "",
        first_word: str = "",
        accepts: Callable[[str], bool] = lambda _: True,
        names: Callable[[], Iterable[str]] = tuple,
        **more: Any,
    ) -> None:
        """`alone` runs where no word is given, or options alone; `default` where the first word names no command but is
        one that `accepts` takes. `first_word` describes such a word in a refusal ('preset'), and `names` lists those
        that may have been meant."""
        super().__init__(*args, **more)
        self.alone = alone
        self.default = default
        self._first_word = first_word
        self._accepts = accepts
        self._names = names

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        # A shell that completes the first word gives none before it: the group itself answers then.
        if args or not ctx.resilient_parsing:
            args = [*self._implied(ctx, args), *args]
        return super().parse_args(ctx, args)

    def _implied(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The command that these arguments leave out, as a list of one or none. Raises click.UsageError."""
        first = args[0] if args else "-"
        if first.startswith("-"):
            own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
            return [] if first in own else [self.alone]
        commands = self.list_commands(ctx)
        if first in commands:
            return []
        if self.default and (ctx.resilient_parsing or self._accepts(first)):
            return [self.default]
        if ctx.resilient_parsing:
            return []
        nearest = did_you_mean(first, [*commands, *self._names()])
        raise click.UsageError(f"no {self._first_word or 'command'} {in_quotes(first)}{nearest}", ctx)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The subcommands, and whatever the command that may be left out offers in this place."""
        found = super().shell_complete(ctx, incomplete)
        is_option = incomplete.startswith("-")
        name = self.alone if is_option else self.default
        command = self.get_command(ctx, name) if name else None
        if command is None:
            return found
        with command.make_context(name, [], parent=ctx, resilient_parsing=True) as sub_context:
            if is_option:
                offered = command.shell_complete(sub_context, incomplete)
            else:
                first = next(part for part in command.params if isinstance(part, click.Argument))
                offered = first.shell_complete(sub_context, incomplete)
        known = {item.value for item in found}
        return found + [item for item in offered if item.value not in known]
