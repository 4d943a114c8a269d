"""docs/faults.md is the table of the rows that are tested here."""

from __future__ import annotations

from pathlib import Path

import table
from harness.fault_table import SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def test_the_page_has_every_row() -> None:
    assert PAGE.read_text() == table.text(), "python tests/faults/table.py > docs/faults.md"


def test_rows_name_a_section_and_each_once() -> None:
    rows = table.rows()
    assert {row.section for row in rows} == set(SECTIONS)
    told = [(row.case, row.outcome, row.code) for row in rows]
    assert [row for row in told if told.count(row) > 1] == []
