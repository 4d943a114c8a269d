"""SFTP servers that lie, and what stands here in the place of a recording."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box.recording import fetch_recording
from ovtui.fleet.reach.line import Answer
from ovtui.fleet.reach.sftp_fetch import _fetch

BOX = Box(name="one")
_NOBODY = "0 4 88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589\n1 none -\n"
"""The facts of a recording 'abcd'."""


class Server:
    """`says_bytes`: the size that it tells; `sends`: what it answers to each read."""

    def __init__(self, says_bytes: int | None, sends: bytes) -> None:
        self.says_bytes, self.sends, self.asked = says_bytes, sends, 0

    async def stat(self, _: bytes) -> Any:
        return SimpleNamespace(permissions=stat.S_IFREG | 0o600, size=self.says_bytes)

    async def open(self, *_: object, **__: object) -> Server:
        return self

    async def read(self, _: int, __: int) -> bytes:
        self.asked += 1
        return self.sends


class Line:
    """A box with a recording 'abcd'."""

    async def run(self, *_: object, **__: object) -> Answer:
        return Answer(0, _NOBODY.encode(), "")

    async def fetch(self, _: str, local: Path, **__: object) -> int:
        from ovtui.fleet.reach.transfers import appending

        with appending(local) as file:
            return file.write(b"abcd")


@pytest.mark.parametrize(
    ("server", "kind", "text"),
    [
        (Server(1 << 62, b"x"), "too-much", "more than"),
        (Server(1000, b"x" * 5000), "too-much", "it was asked for less"),
        (Server(1000, b""), "failed", "ended after 0 of 1,000 bytes"),
    ],
    ids=["tells a size without end", "sends more than it is asked for", "tells a size that it has not"],
)
def test_a_server_that_lies_is_cut_off(server: Server, kind: str, text: str, tmp_path: Path) -> None:
    local = tmp_path / "here"
    with pytest.raises(BoxError, match=text) as caught:
        asyncio.run(_fetch(cast("Any", server), "/there", local, None, 2000, 5.0))
    assert caught.value.kind == kind
    assert server.asked <= 2
    assert not local.exists() or local.stat().st_size <= 2000


@pytest.mark.parametrize("name", ["r.ovtui", "r.ovtui.part"])
def test_a_link_in_the_place_of_a_recording_is_not_followed(name: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"ab")
    (tmp_path / name).symlink_to(elsewhere)
    fetching = fetch_recording(cast("Any", Line()), BOX, "/there", tmp_path / "r.ovtui", most_bytes=100)
    if name.endswith(".part"):
        with pytest.raises(OSError, match="symbolic"):
            asyncio.run(fetching)
    else:
        assert asyncio.run(fetching) == 4
        assert not (tmp_path / name).is_symlink()
    assert elsewhere.read_bytes() == b"ab"


@pytest.mark.parametrize("name", ["r.ovtui", "r.ovtui.part"])
def test_a_folder_in_the_place_of_a_recording_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / name / "of-a-person").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        asyncio.run(fetch_recording(cast("Any", Line()), BOX, "/there", tmp_path / "r.ovtui", most_bytes=100))
    assert (tmp_path / name / "of-a-person").is_dir()
