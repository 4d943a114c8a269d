"""What is painted first when a view comes to the front: the figures of now, not those with which it was left."""

from __future__ import annotations

import pytest
from stage import Stage, on_stage
from textual.screen import Screen


def painted_lines(screen: Screen[object]) -> list[str]:
    """The screen as Textual's compositor paints it now."""
    return ["".join(segment.text for segment in strip) for strip in screen._compositor.render_strips(screen.size)]


def watch_paints(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """Name of the view and lines of every paint from now on."""
    paints: list[tuple[str, list[str]]] = []
    display = stage.app._display

    def noted(screen: Screen[object], renderable: object) -> None:
        if screen is stage.app.screen:
            paints.append((type(screen).__name__, painted_lines(screen)))
        display(screen, renderable)

    monkeypatch.setattr(stage.app, "_display", noted)
    return paints


@pytest.mark.parametrize(("there", "back", "name"), [("4", "1", "OverviewView"), ("4", "s", "OverviewView"),
                                                     ("1", "4", "DistributionView"), ("1", "2", "RequestsView"),
                                                     ("1", "5", "DevicesView")])  # fmt: skip
def test_a_view_that_comes_back_is_painted_with_the_present_figures(
    there: str, back: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        if back.isdigit():
            await stage.press(back)
        await stage.press(there)
        await stage.advance(4)
        paints = watch_paints(stage, monkeypatch)
        await stage.press(back)
        first = next(lines for of, lines in paints if of == name)
        assert "00:09" in first[0]
        assert first[0] == paints[-1][1][0]
        assert {lines[0] for of, lines in paints if of == name} == {first[0]}

    on_stage(act)


def test_a_view_that_is_opened_first_tells_no_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for one frame: the session has requests, and their figures are known."""

    async def act(stage: Stage) -> None:
        await stage.advance(5)
        paints = watch_paints(stage, monkeypatch)
        for digit in "23456":
            await stage.press(digit)
        told = "\n".join(line for _, lines in paints for line in lines)
        assert {name for name, _ in paints} >= {"RequestsView", "BatchesView", "DistributionView", "HistoryView"}
        for beginning in ("no requests yet", "warm-up –", "no segment yet", "waiting for the session", "(0 of 20 s)"):
            assert beginning not in told

    on_stage(act)
