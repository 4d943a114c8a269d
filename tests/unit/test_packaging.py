"""What the wheel and the sdist hold."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ovtui import __version__

ROOT = Path(__file__).parents[2]


def build(source: Path, target: str, folder: Path) -> Path:
    """The wheel or sdist of a tree, made without the network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [made] = folder.glob("*.whl" if target == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an unpacked sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    # Debian 12's Python 3.11.2 has no filter for TarFile.extractall, and later ones warn where it is left out.
    shutil.unpack_archive(build(ROOT, "sdist", folder), folder, "gztar")
    return folder / f"ovtui-{__version__}"


def test_an_sdist_has_what_it_takes_to_start_and_to_test(sdist: Path) -> None:
    scripts = (".dev/ovtui", ".dev/venv.sh", ".dev/test", ".dev/versions.txt", ".dev/packages", ".ci/run")
    for name in (*scripts, "pyproject.toml", "README.md"):
        assert (sdist / name).is_file(), name
    for folder in ("ovtui", "presets", "docs", "tests"):
        there = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
        wanted = {path for path in there if "__pycache__" not in path.parts and path.suffix != ".pyc"}
        assert not {path for path in wanted if not (sdist / path).is_file()}
    assert os.access(sdist / ".dev" / "ovtui", os.X_OK)


def test_nothing_that_a_try_left_lies_at_the_top_level(sdist: Path) -> None:
    """Reports and folders of caches, written where a command was tried by hand, were committed with the rest."""
    files = {"pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", ".gitignore", "PKG-INFO"}
    folders = {".ci", ".dev", "docs", "ovtui", "presets", "tests"}
    assert {path.name for path in sdist.iterdir()} == files | folders


def test_a_wheel_of_the_sdist_has_presets_recordings_types_completions_and_the_man_page(
    sdist: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(build(sdist, "wheel", tmp_path)) as wheel:
        names = set(wheel.namelist())
        metadata = wheel.read(f"ovtui-{__version__}.dist-info/METADATA").decode()
    data = f"ovtui-{__version__}.data/data/share"
    wanted = {
        "ovtui/py.typed",
        f"{data}/man/man1/ovtui.1",
        f"{data}/bash-completion/completions/ovtui",
        f"{data}/zsh/site-functions/_ovtui",
        f"{data}/fish/vendor_completions.d/ovtui.fish",
        *(f"ovtui/presets/{path.name}" for path in (ROOT / "presets").glob("*.toml")),
        *(f"ovtui/recordings/{path.name}" for path in (ROOT / "ovtui" / "recordings").glob("*.ovtui")),
        *(str(path.relative_to(ROOT)) for path in (ROOT / "ovtui").rglob("*.tcss")),
        *(str(path.relative_to(ROOT)) for path in (ROOT / "ovtui" / "cli" / "completions").iterdir()),
    }
    assert not wanted - names
    assert not {name for name in names if name.startswith("tests/")}
    assert f"Version: {__version__}\n" in metadata


def test_the_version_is_read_from_no_metadata() -> None:
    """importlib.metadata alone costs 50 ms of CPU, the whole of `ovtui --version` 26."""
    command = [sys.executable, "-X", "importtime", "-m", "ovtui", "--version"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == f"ovtui {__version__}\n"
    assert "ovtui.cli.main" in done.stderr
    assert not [name for name in ("importlib.metadata", "click", "msgspec") if f" {name}\n" in done.stderr]
