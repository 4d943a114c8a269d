"""What the views have in common: one page of the session each, drawn frame by frame while it is in front."""

from __future__ import annotations

from textual.screen import Screen

from ovtui.dashboard.charts.glyphs import GlyphSet
from ovtui.dashboard.widgets.event_line import EventLine
from ovtui.metrics.snapshot import Snapshot

GLYPH_SETS: tuple[GlyphSet, ...] = ("braille", "block", "ascii")


class View(Screen[None]):
    AUTO_FOCUS = ""
    glyphs: GlyphSet = "braille"
    replay_words = ""
    """What marks a replay in the header, and where it stands; empty where the session is live."""

    def draw(self, snapshot: Snapshot, tick: int, *, last: bool = False) -> None:
        """One frame. `tick` counts them: what need not follow at the full rate is drawn in every second one, and
        everything in the last one before the session stands still."""
        raise NotImplementedError

    def use_glyphs(self, glyphs: GlyphSet) -> None:
        """Draws with this set; taken over from the view before."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        self.query_one(EventLine).say(text)

    def action_glyphs(self) -> None:
        self.use_glyphs(GLYPH_SETS[(GLYPH_SETS.index(self.glyphs) + 1) % len(GLYPH_SETS)])
        self.say(f"glyphs: {self.glyphs}")
