"""The caption above the event line, in every view: there while there is something to say, and closed by a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.dashboard.tour.tour_desk import CaptionText, TourDesk

if TYPE_CHECKING:
    from textual.screen import Screen

SHORT_LINES, TALL_LINES = 2, 3
"""Lines at most, on a screen of under 30 lines and on a taller one."""
SHORT_HEIGHT = 30


class Caption(Panel):
    _text: CaptionText | None = None

    def show(self, text: CaptionText) -> None:
        if text != self._text:
            self._text = text
            self.redraw()

    def redraw(self) -> None:
        super().redraw()
        self.styles.height = self._content.plain.count("\n") + 1

    def draw(self, width: int) -> Content:
        text = self._text
        if text is None:
            return Content()
        label = (f" {text.label}  ", "bold $accent")
        gap = len(text.label) + 3
        room = width - gap - 1
        lead, check = one_line(text.lead), one_line(text.check)
        if len(lead) + len(check) + 3 <= room:
            between = " · " if lead and check else ""
            return Content.assemble(label, lead, between, (check, text.style))
        most = SHORT_LINES if self.screen.size.height < SHORT_HEIGHT else TALL_LINES
        wrapped = [line.plain for line in Content(lead).wrap(room)]
        kept = wrapped[: most - 1 if check else most]
        if len(kept) < len(wrapped):
            kept[-1] = cut(f"{kept[-1]} {wrapped[len(kept)]}", room)
        lines = [Content(line) for line in kept]
        if check:
            lines.append(Content.styled(cut(check, room), text.style))
        return Content("\n").join([
            Content.assemble(label if not number else " " * gap, line) for number, line in enumerate(lines)
        ])  # fmt: skip


def draw_caption(screen: Screen[None]) -> tuple[str, ...]:
    """Shows, draws or removes the caption of a view; returns the ids of the commands that the footer offers for it."""
    desk = getattr(screen.app, "tour_desk", None)
    text = desk.text if isinstance(desk, TourDesk) else None
    shown = next(iter(screen.query(Caption)), None)
    if text is None:
        if shown is not None:
            shown.remove()
        return ()
    if shown is None:
        shown = Caption()
        shown.set_glyphs(getattr(screen, "glyphs", "braille"))
        screen.mount(shown, before=screen.query_one("EventLine"))
    shown.show(text)
    return desk.offered(getattr(screen, "SCOPES", ())) if isinstance(desk, TourDesk) else ()
