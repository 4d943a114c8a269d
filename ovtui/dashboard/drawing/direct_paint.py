"""A frame's changed cells, written to the terminal as they are.

Textual's way of a frame goes over a timer (16 ms later), the line caches of each widget and the compositor, which
renders, filters, divides and crops the lines of all widgets in the rows that have changed: 3 to 10 ms of CPU at 120x40,
half of it for finding the width of text that the grids know anyway. Here the cells go out in the slice that has drawn
them, in 0.3 to 0.5 ms. On saturated cores a slice is what delays the requests, so that there are half as many of half
the length.

Textual knows nothing of the cells that are on the terminal: it asks the widgets for their lines whenever it repaints,
and they answer from the same grids. Thus its own repaints (a new size, a page on top) need nothing from here,
and a widget that something overlaps is left to it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual._styles_cache import StylesCache
from textual.geometry import Offset, Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from ovtui.dashboard.drawing.cells import CellGrid, changed_regions
from ovtui.dashboard.drawing.screen_cells import ScreenCells


class PaintedWidget(Widget):
    """Keeps the grid of the last frame, and has only the cells repainted that a new frame changes."""

    SAME_BACKGROUND = False
    """All styles have the same background, see CellGrid.strip."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._cells = CellGrid(0, 0)
        self._rich_styles: list[Style] = []
        """Of each style number, before Textual's background and filters; empty: to be made."""
        self._escapes: list[str] = []
        """What the terminal gets for each style number."""

    @property
    def cells(self) -> CellGrid:
        return self._cells

    def _show_cells(self, new: CellGrid) -> None:
        """Takes the grid of a new frame: within a frame of the view the painter writes what has changed, otherwise
        Textual repaints it."""
        regions = changed_regions(self._cells, new)
        self._cells = new
        if regions and not (self.is_attached and _takes(self.screen, self, regions)):
            self.refresh(*regions)

    def _make_styles(self) -> list[Style]:
        """The style of each style number, from the stylesheet."""
        raise NotImplementedError

    def escapes(self, console: Console) -> list[str]:
        """The parameters of the escape sequence of each style number: '1;32'."""
        if not self._rich_styles:
            self._rich_styles = self._make_styles()
        if len(self._escapes) < len(self._rich_styles):
            self._escapes = [_escape(style, console) for style in _final_styles(self, self._rich_styles)]
        return self._escapes

    def forget_lines(self) -> None:
        """Textual's copies of lines that are no longer on the terminal."""
        self._styles_cache.clear()
        self._layout_cache.clear()
        self._dirty_regions.add(self.outer_size.region)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._rich_styles, self._escapes = [], []


class DirectPainter:
    """Collects the cells that change within a frame and writes them at its end. Owner: the view."""

    def __init__(self, screen: Screen[None]) -> None:
        self._screen = screen
        self._taken: list[tuple[PaintedWidget, list[Region]]] | None = None
        """None outside of a frame."""
        self._map: object = None
        self._origins: dict[Widget, Offset | None] = {}
        """Where the content of each widget begins on the screen, as long as `_map` is in force; None: not its own."""

    def begin_frame(self) -> None:
        self._taken = []

    def take(self, widget: PaintedWidget, regions: list[Region]) -> bool:
        """Takes the changed regions of a widget's content; False outside of a frame."""
        if self._taken is None:
            return False
        self._taken.append((widget, regions))
        return True

    def end_frame(self) -> None:
        """Writes what was taken. What cannot be written is left to Textual."""
        taken, self._taken = self._taken or [], None
        app, screen = self._screen.app, self._screen
        # A layout that is due moves widgets. Of a view under a page, which Textual calls current, not all is seen.
        direct = screen is app.screen and not screen._layout_required and not screen.selections
        update = CellsUpdate()
        for widget, regions in taken:
            origin = self._origin(widget) if direct else None
            if origin is None:
                widget.refresh(*regions)
                continue
            escapes = widget.escapes(app.console)
            update.add(widget.cells, regions, origin, escapes)
            widget.forget_lines()
        if update:
            app._display(screen, update)

    def _origin(self, widget: PaintedWidget) -> Offset | None:
        visible = self._screen._compositor.visible_widgets
        if visible is not self._map:
            self._map, self._origins = visible, {}
        if widget not in self._origins:
            self._origins[widget] = _own_origin(widget, visible)
        origin = self._origins[widget]
        fits = (widget.cells.width, widget.cells.height) == widget.content_size
        return origin if fits else None


def _takes(screen: object, widget: PaintedWidget, regions: list[Region]) -> bool:
    painter = getattr(screen, "painter", None)
    return isinstance(painter, DirectPainter) and painter.take(widget, regions)


def _own_origin(widget: Widget, visible: dict[Widget, tuple[Region, Region]]) -> Offset | None:
    """Where the widget's content begins on the screen; None where it is cut, hidden or overlapped. `visible`: region
    and clip of all widgets, the foremost first."""
    if widget not in visible:
        return None
    region, clip = visible[widget]
    if not clip.contains_region(region):
        return None
    for other, (their_region, their_clip) in visible.items():
        if other is widget:
            return region.offset + widget.content_offset
        if their_region.intersection(their_clip).overlaps(region):
            return None
    return None


def _final_styles(widget: Widget, styles: Sequence[Style]) -> list[Style]:
    """The styles as Textual would draw them in this widget: over its background, through the app's filters."""
    rules, count = widget.styles, len(styles)
    gutter = rules.gutter
    base_background, background = widget.background_colors
    line = Strip([Segment("x", style) for style in styles], count)
    strip = StylesCache().render(
        rules,
        Size(count + gutter.width, 1 + gutter.height),
        base_background,
        background,
        lambda _: line,
        widget.get_line_filters(),
        None,
        None,
        content_size=Size(count, 1),
        crop=Region(gutter.left, gutter.top, count, 1),
        opacity=widget.opacity,
        ansi_theme=widget.app.ansi_theme,
        native_ansi=widget.app.native_ansi_color,
    )[0]
    return [segment.style or Style.null() for segment in strip for _ in segment.text]


def _escape(style: Style, console: Console) -> str:
    shown = style.render("x", color_system=console._color_system).partition("x")[0]
    return shown.removeprefix("\x1b[").removesuffix("m")


class CellsUpdate(CompositorUpdate):
    """The changed cells of a frame, for `App._display`."""

    def __init__(self) -> None:
        self._parts: list[tuple[CellGrid, Sequence[Region], Offset, Sequence[str]]] = []

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, cells: CellGrid, regions: Sequence[Region], origin: Offset, escapes: Sequence[str]) -> None:
        """Regions of a grid that begins at `origin` of the screen; `escapes`: the parameters of the escape sequence of
        each style number."""
        self._parts.append((cells, regions, origin, escapes))

    def put_on(self, screen: ScreenCells) -> None:
        for cells, regions, origin, escapes in self._parts:
            for x, y, width, height in regions:
                rows, columns = slice(y, y + height), slice(x, x + width)
                screen.put_grid(
                    origin.x + x, origin.y + y, cells.codes[rows, columns], cells.styles[rows, columns], escapes
                )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from ()
