"""The boxes of one kind at work on their points: each free one takes the next, one that fails gives its point back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ovtui.fleet.box import BoxError, FleetError
from ovtui.fleet.sweep.job import Job
from ovtui.fleet.sweep.kind_points import KindPoints
from ovtui.fleet.told import unusable
from ovtui.studies.sweep_folder import SweepFolderError
from ovtui.studies.sweep_point import Measured

MOST_FAULTS = 2
"""A box that fails so often in a row is left out."""
PAUSE_S = 15.0
"""What a box gets to come to itself after a fault."""


@dataclass(frozen=True, slots=True)
class Point:
    """What a box has made of a job."""

    measured: Measured
    compile_s: float = 0.0
    recording: str = ""
    """Path here; empty where none is kept."""


Measure = Callable[[str, Job], Awaitable[Point]]
"""Has a box, by its name, measure a job. Raises BoxError; cancelled, it ends what runs on the box."""


class Turns:
    """How many boxes may measure at once; and a bell for all that wait. Owner: the controller's loop."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._rung = asyncio.Event()

    @property
    def free(self) -> bool:
        return self._free > 0

    def take(self) -> None:
        self._free -= 1

    def give(self) -> None:
        self._free += 1
        self.ring()

    def ring(self) -> None:
        """Whoever waits looks again whether there is something to do."""
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def wait(self) -> None:
        await self._rung.wait()


class KindSweep:
    """Owner: the controller's loop."""

    def __init__(
        self, points: KindPoints, boxes: Sequence[str], measure: Measure, turns: Turns, tell: Callable[[str], None],
        *, pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:  # fmt: skip
        """`tell`: a sentence for a person."""
        self.points = points
        self.boxes = dict.fromkeys(boxes)
        """Those that are not left out, in their order."""
        self._measure, self._turns, self._tell, self._pause = measure, turns, tell, pause
        self.left_out: dict[str, str] = {}
        """Why, by box."""

    async def run(self) -> None:
        """Returns once all is measured, or no box is left. Cancelled, it gives back what is under way. Raises
        SweepFolderError."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for box in list(self.boxes):
                    tasks.create_task(self._work(box))
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _work(self, box: str) -> None:
        faults = 0
        while (job := await self._next(box)) is not None:
            error = await self._try(box, job)
            if error is None:
                faults = 0
                continue
            faults += 1
            if faults >= MOST_FAULTS:
                self.left_out[box] = error.text
                del self.boxes[box]
                self._tell(f"{box}: left out, it failed twice in a row: {error.text}")
                self._turns.ring()
                return
            self._tell(f"{box}: {error.text}; its point goes back, and it gets another one in {PAUSE_S:g} s")
            await self._pause(PAUSE_S)

    async def _next(self, box: str) -> Job | None:
        while True:
            if self._turns.free:
                job = self.points.next_for(box, self.boxes)
                if job is not None:
                    self._turns.take()
                    return job
            if self.points.done:
                self._turns.ring()
                return None
            await self._turns.wait()

    async def _try(self, box: str, job: Job) -> BoxError | None:
        """The fault of the box; None where the job has an outcome."""
        try:
            point = await self._measure(box, job)
        except BoxError as error:
            return None if self.points.lose(job, error) else error
        except (FleetError, SweepFolderError):
            self.points.give_back(job)
            raise
        except Exception as error:
            fault = unusable(error)
            return None if self.points.lose(job, fault) else fault
        except BaseException:
            self.points.give_back(job)
            raise
        else:
            self.points.compiling_s += point.compile_s
            self.points.finish(job, point.measured, point.recording)
            return None
        finally:
            self._turns.give()
