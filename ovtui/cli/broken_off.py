"""What `--resume` without a file goes on with: the newest recording that is kept of long work that broke off."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ovtui.records.events import Event


def newest_broken_off(is_broken_off: Callable[[Sequence[Event]], bool], work: str) -> str:
    """The path of the recording. `is_broken_off`: of its events, whether they hold such work, not finished. `work`: its
    name, such as 'comparison'. Raises click.UsageError where there is none, and click.ClickException where no recording
    can be looked at."""
    from ovtui.host import state_paths
    from ovtui.records.session_file.reader import SessionFileError, SessionReader

    try:
        kept = state_paths.unnamed_recordings()
    except OSError as error:
        raise click.ClickException(str(error)) from None
    for path in kept:
        # One that cannot be read is none to go on with; `ovtui recordings` says what is wrong with it.
        with contextlib.suppress(SessionFileError), closing(SessionReader(str(path))) as file:
            if not file.recorded_now and is_broken_off([event for _, event in file.events()]):
                return str(path)
    raise click.UsageError(f"--resume: no {work} that broke off is among the kept recordings; name a FILE")
