"""A command line of benchmark_app in ovtui's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

import click
import msgspec

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.config_file import Config
from ovtui.cli.benchmark_app.draft import Draft
from ovtui.cli.benchmark_app.flag_table import BY_NAME
from ovtui.cli.benchmark_app.own_command import own_command
from ovtui.cli.benchmark_app.translated_device import translate_device
from ovtui.cli.benchmark_app.translated_load import OF_THE_LOAD, translate_load
from ovtui.cli.benchmark_app.translated_model import translate_model
from ovtui.cli.benchmark_app.translated_reports import translate_reports
from ovtui.settings.changes import convert
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.settings import Settings, fields


@dataclass(frozen=True, slots=True)
class Translation:
    arguments: Arguments
    settings: Settings
    """What the run is made with."""
    command: tuple[str, ...]
    """ovtui's own command for it, word by word; the first one is 'ovtui'."""
    notes: tuple[str, ...] = ()
    """What is otherwise here, a sentence each, for stderr."""
    meanings: tuple[tuple[str, str], ...] = ()
    """Every flag that was given, as it was spelt, and what it became, a sentence each."""
    config: Config = field(default_factory=dict)
    """For -dump_config."""
    frames_per_s: float = 0.0
    """-max_irate where only the model tells its batch, else 0: `settings` have the rate of a batch of 1, and
    `settings_for_batch` that of another one."""

    def settings_for_batch(self, batch: int) -> Settings:
        """The settings once the model's batch is known: -max_irate counts frames, a rate requests."""
        if not self.frames_per_s:
            return self.settings
        return msgspec.structs.replace(self.settings, rate=self.frames_per_s / max(batch, 1))


def translate(arguments: Arguments) -> Translation:
    """Raises click.UsageError with one sentence. Reads the file of -load_config."""
    draft = Draft()
    translate_device(arguments, draft)
    translate_load(arguments, draft)
    translate_model(arguments, draft)
    translate_reports(arguments, draft)
    if arguments.compiles_only:
        draft.frames_per_s = 0.0
        for name in OF_THE_LOAD:
            draft.values.pop(name, None)
    draft.notes[:0] = _overlooked(arguments)
    try:
        settings = convert({**draft.values, "properties": draft.properties})
    except SettingsError as error:
        raise click.UsageError(_of_the_flag(str(error))) from None
    return Translation(
        arguments,
        settings,
        own_command(settings, compile_only=arguments.compiles_only),
        tuple(draft.notes),
        tuple((spelt, draft.meanings[name]) for name, spelt in dict(arguments.spellings).items() if spelt),
        draft.config,
        draft.frames_per_s,
    )


def _of_the_flag(text: str) -> str:
    """'-nireq: 5000 is out of range' of 'in flight: 5000 is out of range'."""
    label, colon, rest = text.partition(":")
    name = next((name for name, field in fields().items() if field.label == label), "")
    return f"{_FLAGS[name]}{colon}{rest}" if name in _FLAGS else text


_FLAGS = {
    "device": "-d", "nireq": "-nireq", "requests": "-niter", "duration_s": "-t", "rate": "-max_irate",
    "nthreads": "-nthreads", "batch_size": "-b",
}  # fmt: skip
"""Settings of which a value can be out of range, and their flags."""


def _overlooked(arguments: Arguments) -> list[str]:
    """The flags whose value is empty, and those that benchmark_app reads and then takes for not given, as it looks for
    another spelling of them."""
    written = {word.strip("-") for word, _ in arguments.given}
    found = dict(arguments.spellings).items()
    empty = [
        f"{spelt}: it is empty, and counts as not given" for name, spelt in found if getattr(arguments, name) == ""
    ]
    return empty + [
        f"{spelt} counts as -{instead} here; benchmark_app reads it and acts as without it"
        for name, spelt in found
        if (instead := BY_NAME[name].instead) and instead not in written
    ]
