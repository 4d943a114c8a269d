"""--state: reset, keep or N."""

from __future__ import annotations

import pytest

from ovtui.settings.changes import convert, describe_changes, effect_of
from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.schema.state_policy import describe_state, requests_between_resets


@pytest.mark.parametrize(
    ("text", "kept", "every", "said"),
    [
        (" Reset ", "reset", 1, "reset before each request"),
        ("KEEP", "keep", None, "kept"),
        ("0128", "128", 128, "reset every 128 requests"),
        ("1", "1", 1, "reset before each request"),
        ("5000", "5000", 5000, "reset every 5,000 requests"),
    ],
)
def test_the_forms(text: str, kept: str, every: int | None, said: str) -> None:
    settings = convert({"state": text})
    assert settings.state == kept
    assert requests_between_resets(kept) == every
    assert describe_state(kept) == said


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", "never", "٣", str(2**63)])
def test_what_it_is_not(text: str) -> None:
    with pytest.raises(SettingsError, match="is not reset, keep or a whole number from 1"):
        convert({"state": text})


def test_it_changes_live() -> None:
    settings = convert({})
    assert settings.state == "reset"
    assert effect_of("state", settings) is Effect.LIVE
    assert describe_changes(settings, convert({"state": "64"})) == ["state reset→64"]
