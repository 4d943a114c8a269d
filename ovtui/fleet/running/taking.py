"""What a run that has ended leaves on its box: the session ended, the recording brought here, the rest taken away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ovtui.fleet.box import Box, BoxError
from ovtui.fleet.on_box import ending, starting
from ovtui.fleet.on_box.recording import TooLarge, fetch_recording
from ovtui.fleet.reach.line import Line
from ovtui.fleet.running.journal import Here, Left, Over
from ovtui.fleet.running.kept_state import KeptState
from ovtui.fleet.running.measure_options import MeasureOptions

Persist = Callable[[Callable[[Line], Awaitable[None]]], Awaitable[None]]
"""Takes a step, with another line where that one is lost."""


class Taking:
    """Owner: the task that measures on the box."""

    def __init__(self, box: Box, options: MeasureOptions, kept: KeptState, persist: Persist) -> None:
        self._box, self._options, self._kept, self._persist = box, options, kept, persist

    async def take(self) -> None:
        """Goes on where it was broken off. Raises BoxError, and FleetError."""
        state, standing = self._kept.state, self._kept.standing
        folder = starting.folder_name(self._options.run, self._box.name)
        if standing.over:
            return
        self._kept.phase("ending")
        await self._persist(lambda line: ending.stop_run(line, self._box, folder, state.session))
        recordings = self._options.recordings
        if recordings == "fetch" and not standing.recording and not standing.left:
            self._kept.phase("fetching")
            await self._persist(self._fetch)
        elif recordings == "leave" and not standing.left:
            await self._kept.note(Left(why="--no-recordings"))
        if not standing.left:
            await self._persist(lambda line: ending.remove_run(line, self._box, folder))
            state.remote_recording = ""
        await self._kept.note(Over())

    async def _fetch(self, line: Line) -> None:
        local, state = self._options.fetch_to, self._kept.state
        assert local is not None
        try:
            size = await fetch_recording(
                line, self._box, state.remote_recording, local,
                most_bytes=self._options.most_fetch_bytes, progress=self._fetched,
            )  # fmt: skip
        except TooLarge as error:
            state.recording_bytes = int(error.args[0])
            more = f"{state.recording_bytes / (1 << 30):.1f} GiB is more than --most-fetch"
            await self._kept.note(Left(why=f"its recording stays there: {more}"))
        except OSError as error:
            raise BoxError(
                "failed",
                f"its recording cannot be written here ({error.strerror or error}); it stays there: make room, then "
                f"ovtui fleet resume {self._options.run} fetches it",
            ) from None
        else:
            if size is not None:
                state.recording, state.fetched_bytes, state.recording_bytes = str(local), size, size
                await self._kept.note(Here(recording=str(local), bytes=size))

    def _fetched(self, done: int, whole: int) -> None:
        self._kept.state.fetched_bytes, self._kept.state.recording_bytes = done, whole
        self._kept.told()
