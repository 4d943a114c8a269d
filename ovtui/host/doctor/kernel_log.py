"""The kernel's log, as far as this process may read it: where it may, it tells what became of a device's firmware."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass

from ovtui.host.doctor.machine_tree import MachineTree

FILE = "/dev/kmsg"
_MAX_RECORDS = 20_000
_RECORD_BYTES = 8192
"""A read of /dev/kmsg gives one record; the kernel refuses a buffer that is smaller than it."""
_FAILED = re.compile(r"firmware.*(?:failed|error -\d+|too old|mismatch)|fail\w* .*firmware", re.IGNORECASE)
_ERROR = re.compile(r"error|fail|unsupported|not properly supported", re.IGNORECASE)
_LOADED = re.compile(r"firmware.*\bversion\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KernelLog:
    lines: list[str]
    readable: bool

    def of(self, address: str) -> list[str]:
        """The lines on the device with this PCI address."""
        return [line for line in self.lines if address in line]

    def firmware_failed(self, address: str, part: str) -> str:
        """The first line that says that firmware of this device was not loaded; '' for none. `part`: a word of the
        line: a GPU computes without all firmware but its GuC's."""
        return next((line for line in self._of_part(address, part) if _FAILED.search(line)), "")

    def firmware_loaded(self, address: str, part: str) -> str:
        """The last line that names a version of firmware that was loaded; '' for none."""
        return next((line for line in reversed(self._of_part(address, part)) if _LOADED.search(line)), "")

    def error(self, address: str) -> str:
        """The last line that says that something failed with this device; '' for none."""
        return next((line for line in reversed(self.of(address)) if _ERROR.search(line)), "")

    def _of_part(self, address: str, part: str) -> list[str]:
        return [line for line in self.of(address) if part in line.lower()]


def read_kernel_log(tree: MachineTree) -> KernelLog:
    """Never blocks: what has not been logged yet is not waited for."""
    try:
        fd = os.open(tree.path(FILE), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return KernelLog([], False)
    try:
        is_file = stat.S_ISREG(os.fstat(fd).st_mode)
        records = (tree.text(FILE) or "").splitlines() if is_file else _records(fd)
    finally:
        os.close(fd)
    return KernelLog([_message(each) for each in records], bool(records))


def _records(fd: int) -> list[str]:
    found: list[str] = []
    for _ in range(_MAX_RECORDS):
        try:
            data = os.read(fd, _RECORD_BYTES)
        except BrokenPipeError:  # the record was overwritten meanwhile
            continue
        except OSError:  # nothing more, or not permitted
            break
        if not data:
            break
        found.append(data.decode(errors="replace"))
    return found


def _message(record: str) -> str:
    """Without the numbers before it and the fields below it."""
    first = record.partition("\n")[0]
    head, separator, text = first.partition(";")
    return text if separator and re.match(r"\d+,\d+,", head) else first
