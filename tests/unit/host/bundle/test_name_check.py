"""The last look: finds what is left, and takes nothing else for a name."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.small_recordings import whole_recording

from ovtui.host.bundle.name_check import NameCheck
from ovtui.host.bundle.private_names import PrivateNames
from ovtui.settings.schema.settings import Settings

NAMES = PrivateNames(
    people=("annegret", "j.d", "a-b", "model", "Anna Müller"), hosts=("zuse-box",), homes=("/srv/people/x1", "/root"),
    ids=("0123456789abcdef",),
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["x annegret y", r"\nAnnegret", "%2Fannegret%2F", r"\u0061nnegret", "zuse-box.local", "by anna müller", "J.D",
     "/srv/people/x1/m", "id=0123456789abcdef", "x_annegret_y"],
)  # fmt: skip
def test_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    assert NameCheck(NAMES).found_in(tmp_path, ["a.txt"]) == ["a.txt"]


@pytest.mark.parametrize(
    "text",
    ["annegrets", "<user> <host-2>", "a b, A/B, j d", "a model", "/root", "zuse box", "anna", "/srv/people/x10", ""],
)
def test_not_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(text)
    assert NameCheck(NAMES).found_in(tmp_path, ["a.txt"]) == []


def test_in_a_recording(tmp_path: Path) -> None:
    for name, found in (("annegret", ["a.ovtui"]), ("anne", [])):
        path = tmp_path / "a.ovtui"
        path.unlink(missing_ok=True)
        whole_recording(path, Settings(model=f"/x/{name}.xml", duration_s=6.0))
        assert NameCheck(NAMES).found_in(tmp_path, ["a.ovtui"]) == found
