"""The caption of an experiment and of a section of `ovtui learn`: its text, its keys, what it takes of the screen."""

from __future__ import annotations

import re

import pytest
from fake_source import FakeSource
from stage import Stage, on_stage, opened

from ovtui.dashboard.settings_pane.settings_pane import SettingsPane
from ovtui.dashboard.tour.caption import Caption, _lines
from ovtui.dashboard.tour.tour_desk import BACK, NEXT, CaptionText, Section
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.dashboard.views.help import HelpScreen
from ovtui.records.events import Experiment

TIMER = Experiment(check="every-request-waits", preset="batch-timeout-1000")
SECTION = Section(2, 6, "Of a test", ("The first page.", "The second: {batches} shows it."))


def of_an_experiment() -> FakeSource:
    return FakeSource(experiment=TIMER, handover_s=None, batch=1)


def test_a_session_that_is_no_experiment_has_no_caption_and_its_keys_do_nothing() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("escape", "enter", "backspace")
        assert not stage.app.overview.query(Caption)
        assert "hide" not in stage.text(Footer)
        assert stage.app.return_value is None

    on_stage(act)


def test_an_experiment_says_what_is_expected_and_what_was_seen_so_far() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(3)
        text = stage.text(Caption)
        assert text.startswith(
            " EXPECTED  every request waits for the timer · 3 shows a dashed line for each · seen 0 of"
        )
        assert text.endswith(" so far: NOT as expected")
        caption, events = stage.app.overview.query_one(Caption), stage.app.overview.query_one(EventLine)
        assert caption.region.bottom == events.region.y, "above the event line, and covering nothing"
        assert "esc hide" in stage.text(Footer)

    on_stage(act, of_an_experiment())


def test_escape_closes_it_and_no_view_has_it_then() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("escape")
        await stage.advance(1)
        assert not stage.app.overview.query(Caption)
        await stage.press("5")
        await stage.advance(1)
        assert not stage.app.view.query(Caption)

    on_stage(act, of_an_experiment())


def test_it_is_in_every_view_where_the_views_own_keys_win() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("3")
        await stage.advance(1)
        assert "EXPECTED" in stage.text(Caption)
        assert "esc hide" not in stage.text(Footer), "here it leads the lanes back to the newest"
        await stage.press("escape", "1")
        await stage.advance(1)
        assert "EXPECTED" in stage.text(Caption)

    on_stage(act, of_an_experiment())


def test_in_view_2_it_goes_on_too_and_the_footer_says_so() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        await stage.press("2")
        await stage.advance(1)
        assert "enter next" in stage.text(Footer)
        await stage.press("enter")
        assert "The second:" in stage.text(Caption)
        await stage.press("slash", "enter")
        assert "The second:" in stage.text(Caption)
        assert stage.app.return_value is None

    on_stage(act, section=SECTION)


@pytest.mark.parametrize("key", ["enter", "backspace", "escape"])
def test_the_settings_pane_keeps_its_keys(key: str) -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.advance(0.25)
        assert "next" not in stage.text(Footer)
        await stage.press(key)
        assert stage.app.return_value is None
        await stage.advance(0.5)
        assert "The first page." in stage.text(Caption)
        assert stage.app.overview.query_one(SettingsPane).display is (key != "escape")

    on_stage(act, section=SECTION)


def test_a_section_turns_its_pages_and_then_goes_on() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        assert " LEARN 2/6  The first page." in stage.text(Caption)
        assert "enter next" in stage.text(Footer)
        await stage.press("enter")
        assert "The second: 3 shows it." in stage.text(Caption)
        await stage.press("backspace")
        assert "The first page." in stage.text(Caption)
        await stage.press("enter", "enter")

    assert on_stage(act, section=SECTION).app.return_value == NEXT


@pytest.mark.parametrize(("number", "result"), [(2, BACK), (1, None)])
def test_back_from_the_first_page_is_to_the_section_before(number: int, result: int | None) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press("backspace")

    section = Section(number, 6, "Of a test", SECTION.pages)
    assert on_stage(act, section=section).app.return_value == result


def test_escape_does_not_end_the_tour_and_quit_does() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press("question_mark")
        assert isinstance(stage.app.screen, HelpScreen)
        await stage.press("enter", "escape")
        assert stage.app.return_value is None
        assert "The first page." in stage.text(Caption)
        await stage.press("escape")
        await stage.advance(0.25)
        assert "The first page." in stage.text(Caption)
        assert "esc" not in stage.text(Footer)
        await stage.press("q")

    assert on_stage(act, section=SECTION).app.return_value == 0


def test_view_2_offers_the_keys_that_turn_the_pages() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        await stage.press("2")
        await stage.advance(0.5)
        assert "enter next" in stage.text(Footer)
        assert "bksp back" in stage.text(Footer)
        await stage.press("enter")
        await stage.advance(0.5)
        assert "The second" in stage.text(Caption)

    on_stage(act, section=SECTION, size=(120, 40))


def test_where_it_does_nothing_back_is_not_offered() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        assert "back " not in stage.text(Footer)
        await stage.press("enter")
        assert "bksp back" in stage.text(Footer)

    on_stage(act, section=Section(1, 6, "Of a test", SECTION.pages), size=(120, 40))


def test_over_the_settings_pane_one_escape_is_offered() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(1)
        assert "esc hide" in stage.text(Footer)
        await stage.press("s")  # and no frame follows
        assert stage.text(Footer).count("esc ") == 1

    on_stage(act, of_an_experiment(), size=(120, 40))


def test_where_time_stands_still_the_check_is_of_that_moment() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(3.25)
        before = stage.text(Caption)
        await stage.advance(0.75)
        assert stage.text(Caption) == before, "the check is made every two seconds"
        stage.app.poll()
        seen = re.search(r"seen 0 of ([\d,]+)", stage.text(Caption))
        assert seen is not None
        assert seen[1] not in before

    on_stage(act, of_an_experiment())


def test_at_80x24_two_lines_at_most() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        assert stage.app.overview.query_one(Caption).size.height <= 2

    on_stage(act, of_an_experiment(), (80, 24))


LONG = CaptionText(
    "LEARN 1/6", "A sentence of a page.", "expected: " + "x " * 60, "seen " + "y" * 70, "as expected", "", 3
)


@pytest.mark.parametrize(("most", "shown"), [(2, ["A sentence of a page.", "…: as expected"])])
def test_the_verdict_is_the_last_to_go(most: int, shown: list[str]) -> None:
    lines = [line.plain for line in _lines(LONG, 60, most)]
    assert lines[0] == shown[0]
    assert lines[1].endswith(shown[1])
    assert len(lines) == most
    assert max(map(len, lines)) <= 60


def test_what_fits_is_in_one_line() -> None:
    short = CaptionText("EXPECTED", "a", "b", "seen c", "as expected", "", 3)
    assert [line.plain for line in _lines(short, 60, 2)] == ["a · b · seen c: as expected"]


@pytest.mark.parametrize(
    ("most", "lines"),
    [(3, ["a sentence of a page", "expected: that it fits", "seen c"]), (2, ["a sentence of a page", "seen c"])],
)
def test_what_is_expected_has_a_line_of_its_own_where_there_is_room(most: int, lines: list[str]) -> None:
    text = CaptionText("LEARN 1/6", "a sentence of a page", "expected: that it fits", "seen c", "", "", most)
    assert [line.plain for line in _lines(text, 25, most)] == lines


def test_a_long_sentence_is_cut_where_there_is_no_room() -> None:
    text = CaptionText("LEARN 1/6", "word " * 40, "", "seen c", "", "", 3)
    lines = [line.plain for line in _lines(text, 40, 3)]
    assert len(lines) == 3
    assert lines[1].endswith("…")
    assert lines[2] == "seen c"
