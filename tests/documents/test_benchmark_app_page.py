"""docs/benchmark_app.md has a row for every flag: of the wheel's program, and of ovtui's own table of them."""

from __future__ import annotations

import re

from documents.doc_commands import ROOT
from openvino.tools.benchmark.parameters import parse_args

from ovtui.cli.benchmark_app.flag_table import FLAGS


def _told() -> set[str]:
    page = (ROOT / "docs" / "benchmark_app.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`-[^|]*) \|", page, re.MULTILINE)
    return {flag for row in rows for flag in re.findall(r"`(-[\w-]+)`", row)}


def _one_dash_each(flags: set[str]) -> set[str]:
    """Without '--x' beside '-x': each flag works with both."""
    return {flag for flag in flags if not (flag.startswith("--") and flag[1:] in flags)}


def test_every_flag_of_the_wheels_program_has_a_row_and_none_is_invented() -> None:
    theirs = {each for action in parse_args()._actions for each in action.option_strings}
    assert _one_dash_each(theirs) - _told() == set()
    ours = {each for flag in FLAGS for each in flag.spellings}
    assert _one_dash_each(ours) - _told() == set()
    assert _told() - ours == set()
