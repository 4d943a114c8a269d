"""The line that filters the layers while it is written."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from ovtui.dashboard.keys.commands import Scope, bindings
from ovtui.dashboard.prompts.live_filter import LiveFilter, LiveFilterLine


class LayerFilterLine(LiveFilterLine):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.LAYER_FILTER)
    EXAMPLES = "words of a name, type or kernel"


class LayerPrompt(LiveFilter):
    LINE = LayerFilterLine
