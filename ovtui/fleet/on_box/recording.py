"""The recording of a run, brought here whole."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.file_facts import FileFacts, file_facts
from ovtui.fleet.reach.line import Line, Progress

PART = ".part"


class TooLarge(Exception):
    """The recording is larger than what is fetched. Its argument: its bytes."""


async def fetch_recording(
    line: Line, box: Box, remote: str, local: Path, *, most_bytes: int, progress: Progress | None = None
) -> int | None:
    """Brings the recording to `local`, gone on with where it was broken off before, and compares its hash; returns its
    size, None where there is none. A host that was killed leaves its newest requests in a second file, which comes
    along. Raises BoxError, TooLarge and OSError."""
    facts, newest = await file_facts(line, box, [remote, f"{remote}-wal"])
    if facts is None:
        return None
    if facts.bytes + (newest.bytes if newest else 0) > most_bytes:
        raise TooLarge(facts.bytes)
    if newest is not None and newest.bytes:
        wal = local.with_name(local.name + "-wal")
        await _fetch_checked(line, box, f"{remote}-wal", wal, newest, most_bytes)
    await _fetch_checked(line, box, remote, local, facts, most_bytes, progress)
    return facts.bytes


async def _fetch_checked(
    line: Line, box: Box, remote: str, local: Path, facts: FileFacts, most_bytes: int, progress: Progress | None = None
) -> None:
    part = local.with_name(local.name + PART)
    for _ in range(2):
        if part.exists() and part.stat().st_size > facts.bytes:
            part.unlink()
        await line.fetch(remote, part, progress=progress, most_bytes=facts.bytes + 1)
        size, sha256 = await asyncio.to_thread(_read_and_sync, part)
        if size == facts.bytes and facts.sha256 in ("", sha256):
            part.replace(local)
            return
        part.unlink()
        facts = (await file_facts(line, box, [remote]))[0] or facts
        if facts.bytes > most_bytes:
            raise TooLarge(facts.bytes)
    raise BoxError("failed", "its recording arrives with other bytes than it has there, twice; it stays there")


def _read_and_sync(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        os.fsync(file.fileno())
        return file.tell(), digest.hexdigest()
