"""The terms of each view in the help page."""

from __future__ import annotations

import pytest
from stage import Stage, on_stage
from textual.containers import VerticalScroll
from textual.widgets import Static

from ovtui.dashboard.requests.request_columns import COLUMNS
from ovtui.dashboard.views.glossary import GLOSSARY, TERMS, terms_of


def test_terms_are_explained() -> None:
    for scope, terms in TERMS.items():
        assert set(terms) <= set(GLOSSARY), scope
        assert terms_of([scope]) == list(terms)


def test_the_headings_of_the_request_table_are_explained_where_they_stand() -> None:
    words = {word for terms in TERMS.values() for term in terms for word in term.replace(",", "").split()}
    for column in COLUMNS:
        heading = column.heading.removesuffix(" ms")
        if column.name not in ("due", "submit", "done", "device", "wait"):
            assert heading in words, heading


@pytest.mark.parametrize(("digit", "term"), [("1", "of"), ("2", "req"), ("3", "first waited"), ("5", "glitch")])
def test_help_begins_with_the_terms_of_the_view(digit: str, term: str) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        await stage.press(digit, "question_mark")
        text = stage.app.screen.query_one(Static).render().plain
        here = text[: text.index("Other terms")]
        assert text.startswith("Terms on this screen")
        assert f"\n{term:<20}" in here
        await stage.press("tab")
        first = round(stage.app.screen.query_one(VerticalScroll).scroll_offset.y)
        assert first > 3
        assert text.split("\n")[first].startswith(("Overview", "Request table", "Batches", "Devices"))

    on_stage(act, size=(80, 24))
