"""The start of the screen without the garbage collector.

What is imported lives until the end of the process, so that there is nothing to collect; but the modules of the screen
make 140 small and 14 large collections due, which took 70 to 80 of the 530 ms of CPU of their import. They are then set
aside, so that no later collection looks through them again."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ovtui.dashboard.run_dashboard import Outcome


@contextlib.contextmanager
def without_collections() -> Iterator[None]:
    """While modules are imported. What there is at the end is looked through never again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()


def imported_dashboard() -> Callable[..., Outcome]:
    """`run_dashboard`, of the module that imports the screen."""
    with without_collections():
        from ovtui.dashboard.run_dashboard import run_dashboard
    return run_dashboard
