"""-max_irate counts frames and a rate requests: where only the model tells its batch, that is asked before the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovtui.cli.benchmark_app.translation import Translation
from ovtui.settings.guessed_layout import guessed_layout, sizes_of
from ovtui.settings.schema.settings import Settings

if TYPE_CHECKING:
    from ovtui.records.inspection import InspectedInput

LIMIT_S = 120.0


def settings_with_rate(translation: Translation) -> Settings:
    """The settings of the run. Reads the model in a process of its own where the rate needs its batch: some 0.6 s, and
    ctrl+c ends it. What is wrong with the model the run itself says."""
    if not translation.frames_per_s:
        return translation.settings
    from ovtui.host.inspector import NotInspected, ask_of_model

    try:
        found = ask_of_model(translation.settings, LIMIT_S)
    except NotInspected:
        return translation.settings
    return translation.settings_for_batch(batch_of_inputs(found.inputs))


def batch_of_inputs(inputs: list[InspectedInput]) -> int:
    """1 where no layout tells it, nor benchmark_app guesses one."""
    for port in inputs:
        letters = port.layout or guessed_layout(sizes_of(port.shape))
        at = letters.find("N") if port.batch_dimension is None else port.batch_dimension
        sizes = sizes_of(port.request_shape or "")
        if "N" in letters and at < len(sizes) and sizes[at] > 0:
            return sizes[at]
    return 1
