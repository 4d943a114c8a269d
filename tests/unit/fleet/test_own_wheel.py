"""The wheel of an installed ovtui, packed anew by its RECORD."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from harness.stand_in_wheels import bundled_pip, make_wheel

from ovtui.fleet.box import FleetError
from ovtui.fleet.push.repacking import repacked_wheel
from ovtui.fleet.push.target import Target
from ovtui.fleet.push.wheelhouse import given_wheelhouse

RECORD = """../../../bin/ovtui,sha256=a,1
../../../share/man/man1/ovtui.1,sha256=a,1
ovtui-9.dist-info/INSTALLER,sha256=a,1
ovtui-9.dist-info/METADATA,sha256=a,1
ovtui-9.dist-info/RECORD,,
ovtui-9.dist-info/WHEEL,sha256=a,1
ovtui-9.dist-info/direct_url.json,sha256=a,1
ovtui/__init__.py,sha256=a,1
"ovtui/odd, name.txt",sha256=a,1
ovtui/__pycache__/__init__.cpython-311.pyc,,
"""


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    info = site / "ovtui-9.dist-info"
    files = {
        tmp_path / "bin/ovtui": "#!/old/python\n",
        tmp_path / "share/man/man1/ovtui.1": "a page",
        info / "METADATA": "Metadata-Version: 2.1\nName: ovtui\nVersion: 9\n",
        info / "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        info / "RECORD": RECORD,
        info / "direct_url.json": "{}",
        site / "ovtui/__init__.py": "ANSWER = 42\n",
        site / "ovtui/odd, name.txt": "odd",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return info


def test_a_repacked_wheel_can_be_installed(metadata: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    wheel = repacked_wheel(metadata, made)
    assert wheel.name == "ovtui-9-py3-none-any.whl"
    assert sorted(zipfile.ZipFile(wheel).namelist()) == [
        "ovtui-9.data/data/share/man/man1/ovtui.1", "ovtui-9.dist-info/METADATA", "ovtui-9.dist-info/RECORD",
        "ovtui-9.dist-info/WHEEL", "ovtui/__init__.py", "ovtui/odd, name.txt",
    ]  # fmt: skip
    pip = [sys.executable, f"{bundled_pip()}/pip", "install", "--no-index", "--target", str(tmp_path / "new")]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"})
    assert (tmp_path / "new/ovtui/odd, name.txt").read_text() == "odd"
    assert (tmp_path / "new/share/man/man1/ovtui.1").read_text() == "a page"


def test_the_same_files_make_the_same_wheel(metadata: Path, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(repacked_wheel(metadata, tmp_path / name).read_bytes())
    assert made[0] == made[1]


def test_a_file_that_is_missing_and_a_checkout_are_sentences(metadata: Path, tmp_path: Path) -> None:
    (metadata.parent / "ovtui/__init__.py").unlink()
    with pytest.raises(FleetError, match=r"__init__.py' of the installed ovtui is missing; install it anew"):
        repacked_wheel(metadata, tmp_path)
    (metadata / "RECORD").write_text("_editable_impl_ovtui.pth,sha256=a,1\n")
    with pytest.raises(FleetError, match="leads to a checkout"):
        repacked_wheel(metadata, tmp_path)
    (metadata / "RECORD").unlink()
    with pytest.raises(FleetError, match="RECORD' of the installed ovtui: No such file"):
        repacked_wheel(metadata, tmp_path)


TARGET = Target((3, 11), "x86_64", (2, 36))


def test_of_a_given_folder_the_newest_that_runs_there(tmp_path: Path) -> None:
    from ovtui import __version__

    given = tmp_path / "given"
    given.mkdir()
    make_wheel(given, "ovtui", __version__)
    for version, tag in (("2026.4.1", "cp311-cp311"), ("2026.8", "cp312-cp312")):
        make_wheel(given, "openvino", version, tag=f"{tag}-manylinux_2_28_x86_64")
    make_wheel(given, "openvino", "2026.9", tag="cp311-cp311-manylinux_2_39_x86_64")
    make_wheel(given, "numpy", "2.9")
    make_wheel(given, "numpy", "2.10")
    house = given_wheelhouse(given, tmp_path / "cache", TARGET, [])
    assert (house.version_of("openvino"), house.version_of("numpy")) == ("2026.4.1", "2.10")
    assert house.pip.path.name.startswith("pip-")  # Python's own, since none is in the folder
    before = house.digest
    make_wheel(given, "numpy", "2.10", files={"numpy/__init__.py": "changed = True"})
    assert given_wheelhouse(given, tmp_path / "cache", TARGET, []).digest != before


def test_a_folder_that_lacks_what_is_needed(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="there is no wheel in"):
        given_wheelhouse(tmp_path, tmp_path / "cache", TARGET, [])
    make_wheel(tmp_path, "numpy", "2.9")
    with pytest.raises(FleetError, match=r"no wheel of openvino for Python 3.11, x86_64, glibc 2.36; pip download"):
        given_wheelhouse(tmp_path, tmp_path / "cache", TARGET, [])
    (tmp_path / "openvino-2026.4.1-py3-none-any.whl").write_text("half a file")
    make_wheel(tmp_path, "ovtui", __import__("ovtui").__version__)
    with pytest.raises(FleetError, match=r"openvino-2026.4.1-py3-none-any.whl' is damaged"):
        given_wheelhouse(tmp_path, tmp_path / "cache", TARGET, [])
