"""What the views have in common: one page of the session each, drawn frame by frame while it is in front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.screen import Screen

from ovtui.dashboard.drawing.glyphs import GlyphSet
from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.export import TableExport
from ovtui.dashboard.keys.commands import Scope
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.header import Header
from ovtui.metrics.advice.advice import Advice
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.schema.display_settings import DisplaySettings


class View(Screen[None]):
    AUTO_FOCUS = ""
    SCOPES: ClassVar[tuple[Scope, ...]] = (Scope.OVERVIEW,)
    """Of its own commands, the first the one that it is named by."""
    number = 0
    """The digit that opens it."""
    glyphs: GlyphSet = "braille"
    replay_text = ""
    """What marks a replay in the header, and where it stands; empty where the session is live."""
    read_only = False
    """It may look at the live session, and change nothing."""
    advice: Sequence[Advice] = ()
    """As the dashboard last asked for it, the most pressing first."""
    low_bandwidth = False
    """A slow line: what is large is drawn seldom, and small."""

    def draw(self, snapshot: Snapshot, tick: int, *, last: bool = False) -> None:
        """One frame. `tick` counts them: what need not follow at the full rate is drawn in every second one, and
        everything in the last one before the session stands still."""
        raise NotImplementedError

    def draw_header(self, snapshot: Snapshot) -> None:
        self.query_one(Header).show(snapshot, replay_words=self.replay_text, read_only=self.read_only)

    def draw_event_line(self, snapshot: Snapshot) -> None:
        self.query_one(EventLine).show(snapshot, self.advice)

    def use_look(self, look: DisplaySettings) -> None:
        """Takes over how a person wants the dashboard to look."""
        self.low_bandwidth = look.low_bandwidth
        self.set_class(look.low_bandwidth, "-low-bandwidth")
        if look.glyphs != self.glyphs:
            self.use_glyphs(look.glyphs)

    def use_glyphs(self, glyphs: GlyphSet) -> None:
        """Draws with this set from now on. Subclasses add what is no Panel."""
        self.glyphs = glyphs
        self.set_class(glyphs == "ascii", "-ascii")
        for panel in self.query(Panel):
            panel.set_glyphs(glyphs)

    def say(self, text: str) -> None:
        self.query_one(EventLine).say(text)

    def copied_row(self) -> TableExport | None:
        """The row under the cursor, for the clipboard; None where the view has none."""
        return None

    def copied_table(self) -> TableExport | None:
        """The rows in sight, for the clipboard; None where the view has none."""
        return None

    def whole_table(self) -> TableExport | None:
        """Every row that is kept, for a file; None where the view has none."""
        return None
