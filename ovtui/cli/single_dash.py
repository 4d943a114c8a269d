"""Options with one dash, as benchmark_app writes them: `-hint latency` would be read as -h, and print the help."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

_ONE_DASH = re.compile(r"-([a-z]\w+)(=.*)?", re.ASCII)
_OTHERWISE = {
    "api": "requests are always asynchronous",
    "cdir": "it is --cache-dir here",
    "iop": "it is --input-precision and --output-precision here",
    "ip": "it is --input-precision here",
    "load_config": "it is --preset here",
    "max_irate": "it is --rate here",
    "niter": "it is --requests here",
    "no_warmup": "it is --warm-up none here",
    "op": "it is --output-precision here",
    "pc": "it is --set PERF_COUNT=YES here",
    "pin": "it is --set ENABLE_CPU_PINNING=YES here",
    "report_folder": "it is --json FILE here",
    "report_type": "it is --json FILE here",
}
"""benchmark_app's names for what goes by another name here, or by none."""


class SettingsCommand(click.Command):
    """A command with an option for each setting; refuses long options with one dash and says what is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        refuse_one_dash(ctx, args, {name for option in self.params for name in option.opts})
        return super().parse_args(ctx, args)


def refuse_one_dash(ctx: click.Context, args: Sequence[str], known: set[str]) -> None:
    """Raises click.UsageError. Values put directly behind a short option (-t10, -dCPU) are none of these."""
    for arg in args:
        if arg == "--":
            return
        if arg == "-m":
            raise click.UsageError("-m: the model stands by itself here, without an option", ctx)
        found = _ONE_DASH.fullmatch(arg)
        if found is None:
            continue
        long = f"--{found[1].replace('_', '-')}"
        if long in known:
            raise click.UsageError(f"-{found[1]}: long options have two dashes here: {long}", ctx)
        if found[1] in _OTHERWISE:
            raise click.UsageError(f"-{found[1]}: {_OTHERWISE[found[1]]}", ctx)
