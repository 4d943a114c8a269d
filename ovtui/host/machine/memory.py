"""The memory that the machine has left, from /proc/meminfo."""

from __future__ import annotations

import re

from ovtui.host.machine.sensor_files import Files, Found, SensorFile, SensorTree

_AVAILABLE = re.compile(r"^MemAvailable:\s+([0-9]{1,15}) kB\s*$", re.MULTILINE)


class Memory:
    """Owner: the sampler's thread."""

    def __init__(self, tree: SensorTree) -> None:
        self._found = Found(tree, _look)

    def available_bytes(self) -> int | None:
        """What the kernel can give to processes without swapping, by its own estimate."""
        file = self._found.now()
        found = _AVAILABLE.search(file.text() or "") if file is not None else None
        return int(found[1]) * 1024 if found is not None else None


def _look(files: Files) -> SensorFile | None:
    return files.open(files.root / "proc/meminfo")
