"""What a preset names as its check."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovtui.settings.errors import SettingsError
from ovtui.settings.experiments import CHECKS
from ovtui.settings.files.presets import load


def written(folder: Path, check: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(f"check = {check}\n\n[settings]\nnireq = 4\n")
    return path


def test_a_preset_of_ones_own_may_name_one_or_none(tmp_path: Path) -> None:
    assert load(written(tmp_path, '"served-alone"')).check == "served-alone"
    assert load(written(tmp_path, '""')).check == ""


@pytest.mark.parametrize(("check", "what"), [('"served"', "expected one of"), ("4", "expected a text")])
def test_another_name_is_refused_with_those_that_there_are(tmp_path: Path, check: str, what: str) -> None:
    with pytest.raises(SettingsError, match=what) as refused:
        load(written(tmp_path, check))
    assert "mine.toml:1: check: " in str(refused.value)
    assert check != '"served"' or all(name in str(refused.value) for name in CHECKS)
