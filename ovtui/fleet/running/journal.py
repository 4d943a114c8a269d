"""What the controller has done with a box, entry by entry, so that another one can go on after it was killed. An entry
is on the disk before what it tells of is done, or right after it where doing it twice is harmless."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from ovtui.fleet.box import FaultKind
from ovtui.records.fleet import BoxFacts
from ovtui.records.following import Ended


class _Entry(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    at_s: float = 0.0
    """time.time()."""


class Looked(_Entry, frozen=True, tag="looked"):
    facts: BoxFacts | None


class Begins(_Entry, frozen=True, tag="begins"):
    """The box is told to begin; from here on something may run there."""

    folder: str
    """Of the run on the box."""
    preset: str


class Serves(_Entry, frozen=True, tag="serves"):
    session: str


class HasEnded(_Entry, frozen=True, tag="ended"):
    ended: Ended


class Here(_Entry, frozen=True, tag="here"):
    """The recording is here, whole."""

    recording: str
    bytes: int


class Left(_Entry, frozen=True, tag="left"):
    """The recording stays on the box."""

    why: str


class Over(_Entry, frozen=True, tag="over"):
    """Nothing of the run is on the box that should not be."""


class Failed(_Entry, frozen=True, tag="failed"):
    fault: FaultKind
    text: str
    final: bool
    """Nothing is left to do for it; else `ovtui fleet resume` tries again."""


Entry = Looked | Begins | Serves | HasEnded | Here | Left | Over | Failed


class Standing(msgspec.Struct, kw_only=True):
    """What the entries of a box come to."""

    facts: BoxFacts | None = None
    begins: Begins | None = None
    session: str = ""
    ended: Ended | None = None
    recording: str = ""
    left: str = ""
    over: bool = False
    failed: Failed | None = None

    @property
    def settled(self) -> bool:
        """Nothing is left to do."""
        return self.over or (self.failed is not None and self.failed.final)

    def add(self, entry: Entry) -> None:
        match entry:
            case Looked(facts=facts):
                self.facts = facts or self.facts
            case Begins():
                self.begins = entry
            case Serves(session=session):
                self.session = session
            case HasEnded(ended=ended):
                self.ended = ended
            case Here(recording=recording):
                self.recording = recording
            case Left(why=why):
                self.left = why
            case Over():
                self.over = True
            case Failed():
                pass
        self.failed = entry if isinstance(entry, Failed) else None


class Journal:
    """Of one box. Owner: the task that works for the box."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Standing:
        """Raises OSError. A last line that was cut short, as by a kill, counts for nothing; what was to follow it had
        not been done."""
        standing = Standing()
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return standing
        for line in data.split(b"\n"):
            try:
                standing.add(msgspec.json.decode(line, type=Entry))
            except msgspec.MsgspecError:
                continue
        return standing

    def write(self, entry: Entry) -> None:
        """Blocks until it is on the disk. Raises OSError."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            line = (b"\n" if torn else b"") + msgspec.json.encode(entry) + b"\n"
            if os.write(descriptor, line) != len(line):
                raise OSError(28, os.strerror(28), str(self._path))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
