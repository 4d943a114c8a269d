"""`ovtui verify`: whether a device computes the same as another one."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit, notify
from ovtui.cli.options import MODEL_SETTINGS, SettingsCommand, chosen_options, resolved_from
from ovtui.cli.output import check_json_path, json_option
from ovtui.cli.path_type import PATH
from ovtui.cli.time_limit import time_limit_option
from ovtui.cli.whole_reason import verbose_option
from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes

if TYPE_CHECKING:
    from ovtui.records.verification import VerifyStep
    from ovtui.settings.schema.settings import Settings

SETTINGS = (MODEL_SETTINGS - {"load_from_file"}) | {"precision", "properties", "seed", "nthreads", "nstreams"}
"""What changes a result. Hint, batches of requests and rate do not: one request is made at a time."""
LIMIT_S = 120.0
MOST_INPUTS = 10_000
_LOG_S = 5.0


class _Tolerance(click.ParamType[float]):
    """A share from 0 on: '0.01', '1e-3', '1%'."""

    name = "tolerance"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        try:
            found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            found = math.nan
        if not 0 <= found < math.inf:
            self.fail(f"{in_quotes(text)} is no relative difference; write one such as 0.01 or 1e-3", param, ctx)
        return found


@click.command(cls=SettingsCommand)
@click.option(
    "--against", default="CPU", metavar="DEVICE", show_default=True, shell_complete=completers.devices,
    help="The device that is taken for the truth: it infers in f32 where it can.",
)  # fmt: skip
@click.option(
    "--against-model", type=PATH, default="", metavar="FILE", shell_complete=completers.models,
    help="Another model for that device, as the original of a converted one; layers belong together that have the "
    "same name.",
)  # fmt: skip
@click.option(
    "--tolerance", type=_Tolerance(), default=None, metavar="SHARE",
    help="The largest difference, of the largest value in the output, that is none. Without it 1e-4 for f32, 1e-2 for "
    "f16, 5e-2 for bf16 and for quantized models.",
)  # fmt: skip
@click.option(
    "--inputs", type=click.IntRange(1, MOST_INPUTS), default=1, metavar="N", show_default=True,
    help="Sets of inputs, one request each; those of a stateful model follow one another.",
)  # fmt: skip
@click.option(
    "--layers", is_flag=True, help="Compare the output of every operation too, and name the first that differs."
)
@chosen_options(SETTINGS)
@time_limit_option(LIMIT_S, "How long all may take.")
@verbose_option
@json_option
@click.option("--json-schema", is_flag=True, help="Print the JSON Schema of the result and stop.")
def verify(
    against: str,
    against_model: str,
    tolerance: float | None,
    inputs: int,
    layers: bool,
    limit_s: float,
    verbose: bool,
    json_path: str,
    json_schema: bool,
    **given: Any,
) -> int:
    """Compare what two devices compute.

    Both get the same inputs. Where the outputs differ by more than the tolerance, the device infers again in f32, which
    tells a lack of precision from a fault. The exit code is 3 where they differ."""
    if json_schema:
        from ovtui.records.verification import json_schema as schema

        click.echo(schema())
        return Exit.FINE
    check_json_path(json_path)
    settings = _settings(given)
    truth = _device(against)

    from ovtui.cli.progress_line import ProgressLine
    from ovtui.host.verifier import NotVerified
    from ovtui.host.verifier import verify as ask

    progress = ProgressLine(sys.stderr, _LOG_S)
    if not progress.rewrites:
        progress.is_due()  # what takes less than that needs no word there
    try:
        found = ask(
            settings, truth, against_model=against_model, tolerance=tolerance, inputs=inputs, layers=layers,
            limit_s=limit_s, on_step=lambda step: _tell(progress, step),
        )  # fmt: skip
    except NotVerified as error:
        progress.clear()
        notify(str(error), error.detail if verbose else "")
        return Exit.USAGE if error.misused else Exit.UNUSABLE
    progress.clear()

    from ovtui.cli.output import write_both
    from ovtui.cli.terminal_text import print_line
    from ovtui.cli.verification_text import text_width, verification_lines
    from ovtui.records.verification import to_json

    def print_text() -> None:
        for line in verification_lines(found, text_width(sys.stdout.isatty())):
            print_line(line)

    write_both(json_path, lambda: to_json(found), print_text)
    return Exit.FINE if found.agrees else Exit.LIMIT_MISSED


def _settings(given: dict[str, Any]) -> Settings:
    """Raises click.UsageError, also where nothing says which device is meant."""
    from ovtui.settings.layers import DEFAULT_ORIGIN

    resolved = resolved_from(given)
    if resolved.origin["device"] == DEFAULT_ORIGIN:
        raise click.UsageError("which device? name the one to verify, as in: ovtui verify MODEL -d GPU")
    return resolved.settings


def _device(text: str) -> str:
    from ovtui.settings.device_names import required_device

    try:
        return required_device(text)
    except SettingsError as error:
        raise click.UsageError(f"--against: {str(error).removeprefix('device: ')}") from None


def _tell(progress: Any, step: VerifyStep) -> None:
    from ovtui.records.verification import Doing

    if isinstance(step, Doing) and progress.is_due():
        progress.write_over(f"{step.text}: {step.done:,} of {step.planned:,}" if step.planned else step.text)
