"""The requests in flight, as headings tell them."""

from __future__ import annotations

from typing import Any

import pytest

from ovtui.settings.changes import convert
from ovtui.settings.schema.arrival import describe_in_flight


@pytest.mark.parametrize(
    ("load", "nireq", "api", "text"),
    [
        ({}, 1, "sync", "1 in flight (sync)"),
        ({}, 1, "async", "1 in flight (async)"),
        ({}, 16, "async", "16 in flight"),
        ({"rate": 33.3}, 1, "async", "1 in flight"),
        ({"rate": 33.3}, 16, "async", "16 in flight"),
        ({"arrival": "trace:times.csv"}, 1, "async", "1 in flight"),
        ({"arrival": "steps:10,20:5"}, 1, "async", "1 in flight"),
    ],
)
def test_the_api_is_told_of_one_request_in_a_closed_loop(load: dict[str, Any], nireq: int, api: str, text: str) -> None:
    assert describe_in_flight(convert(load), nireq, api) == text
