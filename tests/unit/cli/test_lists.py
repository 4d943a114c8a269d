"""`ovtui learn` and `ovtui demo`: which section is meant, and lists whose commands can be copied."""

from __future__ import annotations

import click
import pytest

from ovtui.cli import completers
from ovtui.cli.learn import _index_of
from ovtui.cli.lessons import LESSONS
from ovtui.cli.main import run
from ovtui.cli.terminal_text import WIDTH


@pytest.mark.parametrize(("section", "index"), [("", 0), ("handover", 0), ("1", 0), ("remedy", 5), ("6", 5)])
def test_a_section_is_named_or_numbered(section: str, index: int) -> None:
    assert _index_of(section) == index


@pytest.mark.parametrize("section", ["0", "7", "-1", "none"])
def test_what_is_no_section_is_refused_with_those_that_are(section: str) -> None:
    with pytest.raises(click.UsageError, match=r"there are handover, .* or 1 to 6"):
        _index_of(section)


def test_names_and_numbers_are_completed() -> None:
    context, parameter = click.Context(click.Command("learn")), click.Argument(["section"])
    offered = [item.value for item in completers.lessons(context, parameter, "")]
    assert offered == [*(lesson.name for lesson in LESSONS), *"123456"]


@pytest.mark.parametrize("words", [["demo", "--list"], ["learn", "--list"]])
def test_in_lists_a_command_has_a_line_of_its_own_and_words_are_whole(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 0
    lines = capsys.readouterr().out.splitlines()
    commands = [line.strip() for line in lines if "ovtui run " in line or "ovtui demo " in line or "--preset " in line]
    assert len(commands) >= 8
    assert all(command.startswith("ovtui ") for command in commands)
    assert max(len(line) for line in lines if line.strip() not in commands) <= WIDTH
