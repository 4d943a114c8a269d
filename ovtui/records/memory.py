"""The memory of a ring, without numpy: what the host needs to make one before anything heavy is imported.

The memory is a memfd: it has no name in /dev/shm, so nothing is left behind whoever dies, and only processes that
were handed the descriptor can see it. Its size is sealed, so no reader can be hit by a SIGBUS."""

from __future__ import annotations

import fcntl
import mmap
import os

CAPACITY = 1 << 18
"""Records a ring holds: 5 s at 50,000/s, 16 MiB, of which only what was written is resident."""
RECORD_BYTES = 64
HEADER_BYTES = 4096
HEAD, SUBMITTED = 0, 1
"""Places in the header, 8 bytes each: records written, requests submitted."""


def create_memory(capacity: int = CAPACITY) -> int:
    """A sealed memfd for a ring of `capacity` records (a power of two); returns the descriptor. Raises OSError."""
    if capacity & (capacity - 1):
        raise ValueError("a ring's capacity is a power of two")
    fd = os.memfd_create("ovtui-ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, HEADER_BYTES + capacity * RECORD_BYTES)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    return fd


class Counters:
    """The header of a ring, for whoever does not read the records."""

    def __init__(self, fd: int) -> None:
        """Keeps `fd` open for its owner."""
        self._header = memoryview(mmap.mmap(fd, HEADER_BYTES, prot=mmap.PROT_READ)).cast("Q")

    @property
    def written(self) -> int:
        return self._header[HEAD]

    @property
    def submitted(self) -> int:
        return self._header[SUBMITTED]
