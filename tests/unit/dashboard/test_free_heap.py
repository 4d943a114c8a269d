"""What the view holds of past frames is let go of from time to time."""

from __future__ import annotations

import weakref

import pytest
from rich.cells import cached_cell_len
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.geometry import Region

from ovtui.dashboard import free_heap
from ovtui.dashboard.free_heap import HeapTrimmer, frame_caches


def test_the_lines_of_a_widget_that_is_gone_are_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual keeps them by a cache whose keys are the widgets' line caches."""
    monkeypatch.setattr(free_heap, "TRIM_S", 0.0)
    trimmer, lines = HeapTrimmer(), StylesCache()
    lines.get_inner_outer(Color(0, 0, 0), Color(9, 9, 9))
    gone = weakref.ref(lines)
    del lines
    trimmer.trim_if_due()
    assert gone() is None


def test_each_cache_is_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    """By name, so that a version of Textual that has moved one is noticed."""
    found = [cached for cached in frame_caches() if hasattr(cached, "cache_info")]
    assert len(found) >= 14
    monkeypatch.setattr(free_heap, "TRIM_S", 0.0)
    trimmer = HeapTrimmer()
    cached_cell_len("12.5 ms")
    Region(0, 0, 9, 9).overlaps(Region(1, 1, 2, 2))
    trimmer.trim_if_due()
    assert not sum(cached.cache_info().currsize for cached in found)


def test_nothing_is_done_before_it_is_due() -> None:
    trimmer = HeapTrimmer()
    cached_cell_len("some figure")
    trimmer.trim_if_due()
    assert cached_cell_len.cache_info().currsize
