"""Which host keys are trusted: the known_hosts files, read as OpenSSH reads them. Nothing is ever added to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from asyncssh import SSHKnownHosts

_MOST_BYTES = 64 << 20


def known_hosts(files: Sequence[Path]) -> Callable[[str, str, int | None], Any]:
    """For asyncssh's `known_hosts`. As OpenSSH does, it looks for the name alone, not also for the address that the
    name resolved to; a key of the address would be trusted for every name otherwise."""
    marks = tuple((str(path), *_stamp(path)) for path in files)
    known = _read(marks)
    return lambda host, _, port: known.match(host, "", port)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, -1
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=32)
def _read(marks: tuple[tuple[str, int, int], ...]) -> SSHKnownHosts:
    """Read once for all boxes with the same files. A line that cannot be read is left out, and so is a file that is
    missing: neither makes a key trusted. A line that revokes a key is read by itself, so that a bad one beside it
    does not lose it."""
    from asyncssh import import_known_hosts

    known = import_known_hosts("")
    for path, _, size in marks:
        if not 0 <= size <= _MOST_BYTES:
            continue
        try:
            text = Path(path).read_text("utf-8", "surrogateescape")
        except OSError:
            continue
        for line in text.splitlines():
            try:
                known.load(line)
            except (ValueError, UnicodeError):
                continue
    return known
