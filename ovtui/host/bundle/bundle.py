"""A bundle from its beginning to its end: gathered in a folder of its own, looked through for names, listed, packed."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ovtui import __version__
from ovtui.host.bundle.archive import write_archive
from ovtui.host.bundle.machine_parts import Tell, add_machine_parts, add_own_files
from ovtui.host.bundle.name_check import NameCheck
from ovtui.host.bundle.parts import Part, Parts
from ovtui.host.bundle.private_names import PrivateNames, names_of_this_machine, people_in_paths, together
from ovtui.host.bundle.scrubber import Scrubber
from ovtui.host.bundle.session_parts import Subject, add_session_parts
from ovtui.records.events import SegmentBegan, SessionBegan

MANIFEST = "MANIFEST.json"
_MANIFEST_HOLDS = "the parts with sizes and SHA-256, what is missing and why, what was left out"
_BEFORE_S = 60.0
"""A crash file may be written before the session that it ends has begun, by its start."""
_WITHOUT_SESSION_S = 7 * 86_400.0
"""How far back crashes are of interest where there is no session."""


class NamesFound(Exception):
    """A name is in a finished part. The text is one sentence, without the name."""


class Bundle:
    """Owner: the command."""

    def __init__(self, folder: Path, subject: Subject | None, names: PrivateNames | None) -> None:
        """`names`: those to leave out; None keeps all."""
        self._folder, self._subject, self._names = folder, subject, names
        self._scrubber = Scrubber(names) if names is not None else None
        self._parts = Parts(folder, self._scrubber)
        self.top = f"ovtui-bundle-{time.strftime('%Y%m%d-%H%M%S')}"
        """The folder in the archive."""

    @property
    def parts(self) -> list[Part]:
        return self._parts.made

    def gather(self, limit_bytes: int, tell: Tell) -> None:
        """Makes the parts. Raises OSError where there is no room for them, NamesFound."""
        began_s, facts = time.time(), None
        add_machine_parts(self._parts, tell)
        if self._subject is not None:
            facts = add_session_parts(self._parts, self._subject, limit_bytes, tell)
        since_s = began_s - _WITHOUT_SESSION_S
        if facts is not None and facts.began is not None:
            since_s = facts.began.started_at_s - _BEFORE_S
        add_own_files(self._parts, since_s, began_s)
        tell("looking for names that are left")
        self._write_manifest()
        self._check_names()

    def left_out_text(self) -> str:
        """What was left out, as a sentence."""
        if self._scrubber is None:
            return "names of people, hosts and paths under home are in it, as --with-names asks"
        found = ", ".join(f"{number:,} {kind}" for kind, number in sorted(self._scrubber.counts.items()))
        common = self._scrubber.common
        words = f"; names that are everyday words ({common:,}) only where they stand for a person or a host"
        return f"left out: {found or 'nothing, for no name was found'}{words if common else ''}"

    def write(self, target: Path, *, replace: bool) -> None:
        """Raises OSError; FileExistsError where `target` came up meanwhile."""
        write_archive(target, self._folder, [part.name for part in self._parts.there], self.top, replace=replace)

    def _write_manifest(self) -> None:
        parts = self._parts
        told: list[dict[str, Any]] = [
            {"name": part.name, "holds": part.holds, "bytes": part.size_bytes,
             "sha256": parts.hash_of(part) if part.size_bytes is not None else None,
             "missing": part.missing or None, "remark": part.remark or None}
            for part in parts.made
        ]  # fmt: skip
        manifest = {
            "ovtui": __version__,
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "names_left_out": self._scrubber is not None,
            "left_out": dict(self._scrubber.counts) if self._scrubber is not None else {},
            "everyday_names": self._scrubber.common if self._scrubber is not None else 0,
            "parts": told,
        }
        made, parts.made = parts.made, []
        parts.add_json(MANIFEST, _MANIFEST_HOLDS, manifest)
        parts.made += made

    def _check_names(self) -> None:
        if self._names is None:
            return
        found = NameCheck(self._names).found_in(self._folder, [part.name for part in self._parts.there])
        if found:
            raise NamesFound(
                f"a name of a person or a host is still in {', '.join(found)}, so nothing was written; that is a "
                "fault of ovtui: please tell of it, and --with-names writes the bundle with all names"
            )


@contextmanager
def gathering_folder() -> Iterator[Path]:
    """Only the owner can look into it; it goes with the block. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix="ovtui-bundle-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def names_to_leave_out(environment: Mapping[str, str] | None, subject: Subject | None) -> PrivateNames:
    """Of this machine, of the owner of the recording, and those whose home folders the recording names: it may be of
    another machine. `environment`: this process's, unless given."""
    from ovtui.host.machine.machine_root import is_this_machine, machine_root

    path = subject.recording if subject is not None else ""
    owned, others = ([Path(path)], people_in_paths(_texts_of(path))) if path else ([], [])
    found = names_of_this_machine(os.environ if environment is None else environment, owned, others=others)
    root = machine_root()
    return found if is_this_machine(root) else together(found, names_of_this_machine({}, root=root))


def _texts_of(path: str) -> Iterator[str]:
    """The command line and the settings of a recording; nothing where it cannot be read."""
    from ovtui.records.session_file.reader import SessionFileError, SessionReader

    try:
        with closing(SessionReader(path)) as file:
            yield from file.meta.values()
            for _, event in file.events():
                if isinstance(event, (SessionBegan, SegmentBegan)):
                    settings = event.settings
                    yield from (str(getattr(settings, name)) for name in settings.__struct_fields__)
    except SessionFileError:
        return
