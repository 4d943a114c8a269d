"""Letters and pastes on the rows of the settings pane."""

from __future__ import annotations

import pytest
from listed import telling
from stage import Stage, on_stage, opened, row_state
from textual import events

from ovtui.dashboard.settings_pane.choice_typing import ChoiceTyping
from ovtui.dashboard.settings_pane.pane_rows import SettingItem
from ovtui.dashboard.settings_pane.setting_row import EditLine
from ovtui.dashboard.settings_pane.typed_keys import Meaning, meaning_of, pasted_line
from ovtui.dashboard.views.event_line import EventLine
from ovtui.dashboard.views.footer import Footer
from ovtui.settings.schema.settings import fields

HINTS = ("none", "latency", "throughput", "cumulative_throughput")


async def paste(stage: Stage, text: str) -> None:
    stage.app.post_message(events.Paste(text))
    await stage.pilot.pause()
    await stage.press("f12")  # bound to nothing; the paste before it is handled then


def test_letters_leave_the_choices_that_begin_with_them() -> None:
    typing = ChoiceTyping()
    assert typing.add("T", HINTS)
    assert typing.matches == ("throughput",)
    assert not typing.add("x", HINTS)
    assert typing.text == "T"
    typing.remove_letter()
    assert (typing.text, typing.matches) == ("", ())


@pytest.mark.parametrize(
    ("name", "character", "typed", "expected"),
    [
        ("hint", "l", "", Meaning.FILTER),
        ("hint", "L", "", Meaning.FILTER),
        ("hint", "a", "", Meaning.FILTER),  # begins none of the choices, and is the letter of another row
        ("hint", "h", "", Meaning.ROW),
        ("hint", "h", "t", Meaning.FILTER),
        ("hint", "_", "cumulative", Meaning.FILTER),
        ("hint", "_", "", Meaning.COMMAND),
        ("hint", "R", "", Meaning.COMMAND),
        ("hint", "2", "", Meaning.COMMAND),
        ("precision", "3", "f", Meaning.FILTER),
        ("precision", "D", "", Meaning.FILTER),
        ("nireq", "2", "", Meaning.EDIT),
        ("nireq", "h", "", Meaning.ROW),
        ("nireq", "l", "", Meaning.COMMAND),
        ("device", "h", "", Meaning.ROW),
        ("shape", "h", "", Meaning.EDIT),
        ("shape", "2", "", Meaning.COMMAND),
        ("shape", "R", "", Meaning.COMMAND),
    ],
)
def test_what_a_character_means_on_a_row(name: str, character: str, typed: str, expected: Meaning) -> None:
    item = SettingItem(fields()[name])
    choices = fields()[name].choices if item.cycles or item.own_key else ()
    assert meaning_of(character, item, choices, typed, "dhntbaorcei") is expected


def test_typed_letters_filter_the_choices_and_enter_takes_one() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("h", *"lat")
        assert stage.app.staging.staged == {"hint": "cumulative_throughput"}
        assert [line.split() for line in stage.row("hint").splitlines()] == [
            ["›", "h", "*hint", "lat_", "staged"], ["latency"],
        ]  # fmt: skip
        footer = stage.text(Footer)
        assert "x apply 1  enter take  esc as it was  bksp letter back" in footer
        assert "quit" not in footer
        await stage.press("enter")
        assert stage.app.staging.staged == {"hint": "latency"}
        assert "throughput → latency" in stage.row("hint")
        assert pane.selected == "hint"

    on_stage(act, telling())


def test_escape_leaves_the_value_and_backspace_removes_a_letter() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("h", "u", *"th")
        await stage.press("backspace", "backspace", "n")
        assert row_state(pane, "hint").matches == ("none",)
        await stage.press("escape")
        assert (stage.app.staging.staged, row_state(pane, "hint").typed) == ({}, "")
        assert stage.app.overview.has_class("-settings")
        await stage.press("escape")
        assert not stage.app.overview.has_class("-settings")

    on_stage(act, telling())


def test_no_letter_on_a_choice_row_does_anything_elsewhere() -> None:
    """Whatever is typed: no other row moves on, no page opens, nothing quits."""

    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("h", "u")
        for letter in "abcdefgimopqrsvwyz":
            await stage.press(letter)
            assert pane.selected == "hint"
            assert not pane.query(EditLine)
            assert stage.app.screen is stage.app.overview
            await stage.press(*(["escape"] if row_state(pane, "hint").typed else []))
        assert stage.app.staging.staged == {}
        assert "'z' begins none of 'none', 'latency', 'throughput', 'cumulative_throughput'; esc" in " ".join(
            stage.row("hint").split()
        )

    on_stage(act, telling())


def test_moving_applying_and_undoing_keep_their_keys_on_a_choice_row() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("h", "l", "j")
        assert (pane.selected, row_state(pane, "hint").typed) == ("nstreams", "")
        assert stage.app.staging.staged == {"hint": "cumulative_throughput"}
        await stage.press("k", "l", "u")  # takes back what was typed
        assert stage.app.staging.staged == {"hint": "cumulative_throughput"}
        await stage.press("u")
        assert stage.app.staging.staged == {}
        await stage.press("l", "x")
        assert [settings.hint for settings in stage.source.applied] == ["latency"]

    on_stage(act, telling())


def test_enter_after_a_letter_that_was_refused_changes_nothing() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("h", "u", "n", "4")
        assert "'n4' begins none of 'none', 'latency'" in row_state(pane, "hint").error
        await stage.press("enter")
        assert stage.app.staging.staged == {}
        assert (row_state(pane, "hint").typed, row_state(pane, "hint").error) == ("", "")

    on_stage(act, telling())


def test_a_choice_can_be_typed_in_full() -> None:
    """With its letters that are commands elsewhere: u undoes, and continues 'throughput'."""

    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("h", *"throughput", "enter")
        assert stage.app.staging.staged == {}
        pane.select("hint")
        await stage.press(*"cumul", "enter")
        assert stage.app.staging.staged == {"hint": "cumulative_throughput"}
        pane.select("dispatch")
        await stage.press(*"grouped", "enter")
        await stage.press(*"AUTO", "enter")
        assert stage.app.staging.value("dispatch") == "auto"
        pane.select("precision")
        await stage.press(*"f16", "enter")
        assert stage.app.staging.staged == {"hint": "cumulative_throughput", "precision": "f16"}

    on_stage(act, telling())


def test_a_property_is_chosen_by_its_letters() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("GPU properties/GPU.GPU_QUEUE_PRIORITY")
        await stage.press("h", "enter")
        assert stage.app.staging.wanted.properties == {"GPU.GPU_QUEUE_PRIORITY": "HIGH"}

    on_stage(act, telling())


def test_a_letter_begins_a_text_whose_row_has_none_of_its_own() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("input")
        await stage.press(*"cat.jpg", "enter")
        assert stage.app.staging.staged == {"input": "cat.jpg"}
        pane.select("add-property")
        await stage.press("A")  # adopts a suggestion, here as everywhere
        assert not pane.editing
        await stage.press(*"perf")
        assert pane.query_one(EditLine).value == "perf"

    on_stage(act, telling())


def test_the_pane_opens_at_the_same_row_so_that_its_keys_mean_the_same() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("h", "escape", "s")
        assert pane.selected == "device"
        await stage.press("r")
        assert pane.selected == "rate"

    on_stage(act, telling())


def test_a_paste_begins_the_edit_of_a_row() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("shape")
        await paste(stage, "\n  [1,3,\x07224,224]\r\nand more\n")
        assert pane.query_one(EditLine).value == "[1,3,224,224]"
        await stage.press("enter")
        assert stage.app.staging.staged == {"shape": "[1,3,224,224]"}
        pane.select("nireq")
        await paste(stage, "4")
        await paste(stage, "2\n7")  # goes on in the editor
        await stage.press("enter")
        assert stage.app.staging.value("nireq") == 42

    on_stage(act, telling())


def test_a_paste_filters_choices_or_says_why_it_does_not() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("hint")
        await paste(stage, "LATENCY\n")
        assert row_state(pane, "hint").matches == ("latency",)
        await stage.press("enter")
        assert stage.app.staging.staged == {"hint": "latency"}
        await paste(stage, "fast")
        assert "'fast' begins none of 'none', 'latency'" in row_state(pane, "hint").error
        pane.select("CPU properties/CPU.FULL_DEVICE_NAME")
        await paste(stage, "a name")
        assert "a fact of the device" in row_state(pane, pane.selected).error
        pane.select("duration_s")
        await paste(stage, "5")
        assert "when the session starts" in row_state(pane, "duration_s").error
        pane.list.selected = "group:CPU properties"
        await paste(stage, "x")
        assert "a heading takes no text" in stage.text(EventLine)
        assert stage.app.staging.staged == {"hint": "latency"}
        assert not pane.editing

    on_stage(act, telling())


def test_enter_after_a_word_that_was_not_taken_chooses_nothing_else() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        await stage.press("h", "u")
        await paste(stage, "fast")
        await stage.press("enter")
        assert (stage.app.staging.staged, row_state(pane, "hint").error) == ({}, "")
        await stage.press("q", "enter")
        assert (stage.app.staging.staged, row_state(pane, "hint").error) == ({}, "")
        await stage.press("enter")
        assert stage.app.staging.staged == {"hint": "cumulative_throughput"}

    on_stage(act, telling())


def test_a_read_only_session_takes_neither_letters_nor_pastes() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        pane.select("hint")
        await paste(stage, "latency")
        assert "read-only" in row_state(pane, "hint").error
        await stage.press("n")
        assert pane.selected == "nireq"
        await paste(stage, "3")
        assert "read-only" in row_state(pane, "nireq").error
        assert stage.app.staging.staged == {}
        await stage.press("s")
        assert not stage.app.overview.has_class("-settings")

    source = telling()
    source.read_only = True
    on_stage(act, source)


@pytest.mark.parametrize(
    ("text", "line"), [("a\nb", "a"), ("\n \nb c\t d\x1b", "b c  d"), ("", ""), (" \r\n", ""), ("é\x00", "é")]
)
def test_a_pasted_text_becomes_one_line(text: str, line: str) -> None:
    assert pasted_line(text) == line


@pytest.mark.parametrize(
    ("row", "offered", "missing"),
    [
        ("hint", ["a-z filter", "space choose", "esc close"], ["edit", "+/-", "default", "undo", "apply", "quit"]),
        ("nireq", ["enter edit", "+/- change", "bksp default", "q quit"], ["choose", "a-z", "undo", "apply"]),
        ("device", ["enter edit", "space choose"], ["+/-", "a-z"]),
        ("shape", ["enter edit", "a-z write"], ["+/-", "choose", "default", "quit"]),
        ("duration_s", ["j/k down"], ["edit", "+/-", "choose", "default", "a-z"]),
        ("CPU properties/CPU.FULL_DEVICE_NAME", ["j/k down"], ["edit", "+/-", "choose", "default", "a-z"]),
        ("AUTO properties/PERFORMANCE_HINT", ["enter its setting"], ["edit", "choose", "a-z"]),
        ("group:CPU properties", ["enter fold"], ["edit", "choose", "a-z", "default"]),
    ],
)
def test_the_footer_offers_what_works_on_the_row(row: str, offered: list[str], missing: list[str]) -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        if not row.startswith("group:"):
            pane.select(row)
        pane.list.selected = row
        await stage.advance(0.5)
        footer = stage.text(Footer)
        assert [text for text in offered if text not in footer] == []
        assert [text for text in missing if text in footer] == []

    on_stage(act, telling(), size=(200, 40))


def test_the_footer_offers_undo_and_apply_where_there_is_something() -> None:
    async def act(stage: Stage) -> None:
        await opened(stage)
        await stage.press("h")
        footer = stage.text(Footer)
        assert "x apply" in footer
        assert "u undo" in footer
        assert "bksp default" in footer
        await stage.press("u")
        footer = stage.text(Footer)
        assert not [text for text in ("apply", "undo", "default") if text in footer]

    on_stage(act, telling(), size=(200, 40))


def test_the_footer_of_a_read_only_session_offers_no_change() -> None:
    async def act(stage: Stage) -> None:
        pane = await opened(stage)
        for row in ("hint", "nireq", "shape"):
            pane.select(row)
            await stage.advance(0.25)
            footer = stage.text(Footer)
            assert not [t for t in ("edit", "choose", "a-z", "+/-", "default", "undo", "apply") if t in footer]
            assert "q quit" in footer

    source = telling()
    source.read_only = True
    on_stage(act, source, size=(200, 40))
