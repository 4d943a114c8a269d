"""What `--explain` prints: ovtui's own command, and what each flag became."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ovtui.settings.schema.port_types import PICTURES_U8
from ovtui.settings.shown_text import shown

if TYPE_CHECKING:
    from ovtui.cli.benchmark_app.translation import Translation

_WIDEST = 28


def command_line(translation: Translation) -> str:
    """ovtui's own command on one line, as a shell takes it."""
    return shlex.join(translation.command)


def explanation(translation: Translation) -> str:
    """The command on the first line; then a line for each flag that was given, and for what is set without one."""
    lines = [command_line(translation), ""]
    told = [(spelt, text) for spelt, text in translation.meanings if spelt != "--explain"]
    told += [("(always)", text) for text in _always(translation)]
    width = min(max(len(spelt) for spelt, _ in told), _WIDEST)
    lines += [f"{spelt:<{width}}  {shown(text)}" for spelt, text in told]
    if translation.notes:
        lines += ["", *(f"Note: {shown(note)}." for note in translation.notes)]
    return "\n".join(lines)


def _always(translation: Translation) -> list[str]:
    """What benchmark_app does without being told, and ovtui only when it is."""
    arguments, settings = translation.arguments, translation.settings
    found = []
    if not arguments.is_given("target_device"):
        found.append("--device CPU: its default device")
    if not arguments.is_given("perf_hint") and not arguments.load_config:
        found.append(f"--hint {settings.hint}: its default for -api {arguments.api}")
    if not arguments.is_given("api_type"):
        found.append(f"--api {arguments.api}: its default for this hint")
    if arguments.compiles_only:
        return found
    if not arguments.is_given("time_s") and settings.duration_s:
        found.append(f"--duration {settings.duration_s:g}: its default time")
    if PICTURES_U8 in settings.input_precision:
        found.append("--input-precision u8-pictures: inputs that look like pictures in colour are u8")
    if not arguments.is_given("inference_only"):
        found.append("--fill-inputs benchmark_app: filled once, of open shapes before each inference")
    found.append("--state keep: a model with state keeps it from request to request")
    if not arguments.no_warmup:
        found.append("--warm-up first: one inference before the load")
    if settings.end_rule == "benchmark_app":
        found.append("--end-rule benchmark_app: each infer request runs equally often")
    return found
