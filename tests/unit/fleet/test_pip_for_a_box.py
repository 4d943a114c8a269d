"""pip for another machine: its markers are those of the box, and what it says becomes a sentence."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from harness.stand_in_wheels import make_wheel

from ovtui.fleet.box import FleetError
from ovtui.fleet.push import pip_download
from ovtui.fleet.push.pip_child import NO_PIP, OTHER_PIP
from ovtui.fleet.push.pip_download import NoWheelError, download, missing_index
from ovtui.fleet.push.target import Target

ARM = Target((3, 12), "aarch64", (2, 35))


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of wheels in the place of every index."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, value in {"NO_INDEX": "1", "FIND_LINKS": folder.as_uri(), "CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    return folder


def test_what_only_the_box_needs_is_fetched_and_what_only_this_machine_does_is_not(
    no_index: Path, tmp_path: Path
) -> None:
    requires = (
        'on-arm; platform_machine == "aarch64"', 'on-other; platform_machine != "aarch64"',
        'for-old; python_version < "3.12"', 'for-new; python_version >= "3.12"', 'more; extra == "more"',
    )  # fmt: skip
    make_wheel(no_index, "top", "1", requires=requires)
    for name in ("on_other", "for_old", "for_new", "more"):
        make_wheel(no_index, name, "1")
    make_wheel(no_index, "on_arm", "1", tag="cp312-cp312-manylinux_2_35_aarch64")
    make_wheel(no_index, "on_arm", "2", tag="cp312-cp312-manylinux_2_39_aarch64")
    into = tmp_path / "into"
    into.mkdir()
    download(ARM, ["top"], into)
    assert {path.name.partition("-py")[0].partition("-cp")[0] for path in into.iterdir()} == {
        "top-1", "on_arm-1", "for_new-1",
    }  # fmt: skip
    assert all(zipfile.is_zipfile(path) for path in into.iterdir())


def test_a_wheel_that_is_not_there_for_the_box(no_index: Path, tmp_path: Path) -> None:
    make_wheel(no_index, "openvino", "2026.4.1", tag="cp312-cp312-manylinux_2_39_aarch64")
    with pytest.raises(
        NoWheelError, match=r"no wheel of openvino==2026.4.1 for Python 3.12, aarch64, glibc 2.35"
    ) as raised:
        download(ARM, ["openvino==2026.4.1"], tmp_path)
    assert missing_index(raised.value, "openvino")
    assert not missing_index(raised.value, "ovtui")


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (NO_PIP, "", "there is no pip beside this ovtui"),
        (OTHER_PIP, "", "cannot be told of another machine's markers"),
        (1, "Retrying after NewConnectionError\nERROR: No matching distribution found for x",
         "no index of wheels can be reached from here; --wheelhouse FOLDER"),
        (1, "ERROR: Could not install: [Errno 28] No space left on device", "the disk here is full"),
        (1, "ERROR: Cannot install a because these\n\nThe conflict is caused by:\n    a depends on b>2\n    b 1\n\n",
         "the requirements contradict each other: a depends on b>2 b 1"),
        (1, "ERROR: \x1b[2J odd", r"pip failed: \x1b[2J odd"),
        (3, "", "pip failed with 3 and said nothing"),
    ],
)  # fmt: skip
def test_what_pip_says_becomes_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int, said: str, told: str
) -> None:
    done = subprocess.CompletedProcess([sys.executable], code, "", said)
    monkeypatch.setattr(pip_download, "run_pip", lambda *_: done)
    with pytest.raises(FleetError) as raised:
        download(ARM, ["x"], tmp_path)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)
