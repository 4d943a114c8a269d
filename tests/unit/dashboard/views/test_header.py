"""What the header leaves out first where it has too little room."""

from __future__ import annotations

import pytest
from fake_source import FakeSource
from stage import Stage, on_stage

from ovtui.dashboard.views.header import Header
from ovtui.settings.changes import convert

PACE = "1 Hz: cores are saturated"
SETTINGS = {"model": "pointwise.xml", "device": "AUTO:GPU,CPU", "hint": "throughput", "nireq": 16, "rate": 100 / 3}


@pytest.mark.parametrize(
    ("width", "pace", "facts", "reason"),
    [
        (120, "", "AUTO:GPU,CPU · THROUGHPUT · 16 in flight · 33.33/s (each 30 ms)", False),
        (120, PACE, "AUTO:GPU,CPU · THROUGHPUT · 16 in flight · 33.33/s (each 30 ms)", False),
        (80, "", "AUTO:GPU,CPU THROUGHPUT 16 33.33/s", False),
        (80, PACE, "AUTO:GPU,CPU THROUGHPUT 16 33.33/s", False),
        (180, PACE, "AUTO:GPU,CPU · THROUGHPUT · 16 in flight · 33.33/s (each 30 ms)", True),
    ],
)
def test_the_facts_of_the_load_come_before_why_frames_are_few(width: int, pace: str, facts: str, reason: bool) -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        header = stage.app.overview.query_one(Header)
        header.show(stage.app.digest.snapshot(), pace_text=pace)
        text = header.draw(width).plain
        assert facts in text
        assert ("1 Hz" in text) is bool(pace)
        assert ("cores are saturated" in text) is reason
        assert len(text) <= width

    on_stage(act, FakeSource(settings=convert(SETTINGS)))


def test_why_frames_are_few_has_a_short_form() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        header = stage.app.overview.query_one(Header)
        header.show(stage.app.digest.snapshot(), pace_text=PACE)
        said = [header.draw(width).plain for width in range(80, 181)]
        assert any("1 Hz: busy ·" in text for text in said)
        assert all("1 Hz" in text and len(text) <= 80 + at for at, text in enumerate(said))

    on_stage(act, FakeSource(settings=convert(SETTINGS)))


def test_a_long_name_is_cut_before_the_load_is_left_out() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(2)
        header = stage.app.overview.query_one(Header)
        header.show(stage.app.digest.snapshot(), pace_text=PACE)
        assert "AUTO:GPU,CPU THROUGHPUT 16 33.33/s" in header.draw(80).plain

    on_stage(act, FakeSource(settings=convert({**SETTINGS, "model": "a-longer-model-name-here.xml"})))
