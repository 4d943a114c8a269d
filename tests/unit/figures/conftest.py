"""The recordings of the tests of figures."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from figure_recordings import MADE, SHIPPED

from ovtui import recordings


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """`made(name)`: the path of a recording."""
    folder = tmp_path_factory.mktemp("recordings")

    @cache
    def path_of(name: str) -> Path:
        if name in SHIPPED:
            return Path(recordings.__path__[0]) / f"{name}.ovtui"
        path = folder / f"{name}.ovtui"
        MADE[name](path)
        return path

    return path_of
