"""A wheel made anew of what is installed, by its RECORD: where ovtui is neither on an index nor a checkout."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ovtui.fleet.box import FleetError
from ovtui.settings.shown_text import in_quotes

_OF_THE_INSTALLER = ("INSTALLER", "REQUESTED", "RECORD", "direct_url.json")
"""What an installer adds to the folder of metadata."""
_DATE = (1980, 1, 1, 0, 0, 0)


def repacked_wheel(metadata: Path, into: Path) -> Path:
    """Makes the wheel of an installed distribution in the folder `into`, byte by byte the same for the same files.
    `metadata`: its .dist-info folder. Raises FleetError where a file is missing or is not to be packed, OSError."""
    name = metadata.name.removesuffix(".dist-info")
    members = sorted(_members(metadata, name))
    tags = [line.partition(": ")[2] for line in _lines(metadata / "WHEEL") if line.startswith("Tag: ")]
    if not tags:
        raise FleetError(f"{metadata}/WHEEL names no tag; install ovtui anew")
    path = into / f"{name}-{tags[0]}.whl"
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for member, file in members:
            data = file.read_bytes()
            _write(wheel, member, data, executable=os.access(file, os.X_OK))
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            writer.writerow([member, f"sha256={digest}", len(data)])
        record = f"{metadata.name}/RECORD"
        writer.writerow([record, "", ""])
        _write(wheel, record, rows.getvalue().encode(), executable=False)
    return path


def _members(metadata: Path, name: str) -> Iterator[tuple[str, Path]]:
    """Name in the wheel, and file. What lies beside the packages belongs to the wheel's data; programs are made by the
    installer, of the entry points."""
    site = metadata.parent
    for row in csv.reader(_lines(metadata / "RECORD")):
        listed = row[0] if row else ""
        parts = Path(listed).parts
        if not listed or listed.endswith(".pyc") or "__pycache__" in parts:
            continue
        if parts[0] == metadata.name and parts[-1] in _OF_THE_INSTALLER:
            continue
        file = site / listed
        if listed.endswith(".pth"):
            raise FleetError(f"{in_quotes(str(file))} leads to a checkout, of which no wheel can be made this way")
        if parts[0] == "..":
            below = [part for part in parts if part != ".."]
            if below[0] == "bin":
                continue
            listed = "/".join((f"{name}.data", "data", *below))
        elif Path(listed).is_absolute():
            continue
        if not file.is_file():
            raise FleetError(f"{in_quotes(str(file))} of the installed ovtui is missing; install it anew")
        yield listed, file


def _write(wheel: zipfile.ZipFile, member: str, data: bytes, *, executable: bool) -> None:
    info = zipfile.ZipInfo(member, _DATE)
    info.external_attr = (0o100755 if executable else 0o100644) << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    wheel.writestr(info, data)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FleetError(f"{in_quotes(str(path))} of the installed ovtui: {error.strerror}; install it anew") from None
