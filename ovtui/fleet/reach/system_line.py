"""A line by the system's ssh."""

from __future__ import annotations

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.reach.line import Line
from ovtui.fleet.reach.ssh_config import Settings


async def connect_by_ssh(box: Box, settings: Settings, ssh_words: list[str], connect_s: float) -> Line:  # noqa: ARG001
    raise BoxError("refused", "the system's ssh is not built yet")
