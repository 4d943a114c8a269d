"""The caption above the event line, in every view: there while there is something to say, and closed by a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from ovtui.dashboard.drawing.panel import Panel
from ovtui.dashboard.drawing.text_fit import cut, one_line
from ovtui.dashboard.tour.tour_desk import CaptionText, TourDesk

if TYPE_CHECKING:
    from textual.screen import Screen

SHORT_LINES, SHORT_HEIGHT = 2, 30
"""Lines at most on a screen of under 30 lines."""


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
        gap = len(text.label) + 3
        room = width - gap - 1
        most = min(text.most, SHORT_LINES) if self.screen.size.height < SHORT_HEIGHT else text.most
        lines = _lines(text, room, most)
        label = Content.styled(f" {text.label}  ", "bold")
        return Content("\n").join([(Content(" " * gap) if n else label) + line for n, line in enumerate(lines)])


def _lines(text: CaptionText, room: int, most: int) -> list[Content]:
    """All of it in one line or on several, at most `most`; where it does not fit what is less important goes first."""
    lead, more, seen, verdict = (one_line(part) for part in (text.lead, text.more, text.seen, text.verdict))
    told = " · ".join(filter(None, (lead, more)))
    verdict = f": {verdict}" if verdict else ""
    styled = Content.styled(seen + verdict, text.style)
    whole = Content(" · ").join([Content(told), styled]) if seen else Content(told)
    if len(whole.plain) <= room:
        return [whole]
    below = styled.wrap(room) if seen else []
    if len(below) > most - 1:  # the verdict is what a person looks for
        below = [Content.styled(cut(seen, max(room - len(verdict), 10)) + verdict, text.style)]
    above, together = Content(lead).wrap(room), Content(told).wrap(room)
    beside = together if len(together) == len(above) else [*above, *Content(more).wrap(room)]
    for lines in (beside, above):
        if len(lines) + len(below) <= most:
            return [*lines, *below]
    left = max(most - len(below), 1)
    *first, last = Content(lead).wrap(room)[: left + 1][:left]
    return [*first, Content(cut(f"{last.plain} …", room)), *below]


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
