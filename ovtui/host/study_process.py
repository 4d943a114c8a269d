"""The process of a study: started by the host, and a client without a view. It goes on when the view vanishes, and dies
with the host."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys

from ovtui.host.child_environment import child_environment
from ovtui.records.last_words import choose_words, how_it_ended, signal_name, words_text
from ovtui.records.wire import wire_pair

COMMAND = [sys.executable, "-m", "ovtui.studies"]
ENDS_S = 1.0
"""A process whose wire is closed ends within this time, or is killed."""
_LAST_BYTES = 1 << 14


class StudyProcess:
    """Owner: the host's loop."""

    def __init__(self, process: subprocess.Popen[bytes], errors_fd: int) -> None:
        """`errors_fd`: of the file that its stderr goes to; from now on this object's."""
        self._process, self._errors_fd = process, errors_fd

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        self._process.kill()

    def end_text(self) -> str:
        """How it ended, with its last words: 'exit code 1; its last error: ...'. To be called when its wire is closed,
        of one that has not told its end, and then `close`."""
        try:
            code = self._process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        words = choose_words([line.strip() for line in self._printed().splitlines() if line.strip()])
        return how_it_ended(signal_name(code), code) + words_text(words)

    def close(self) -> None:
        """Does not wait for its end. What it has printed goes to the host's stderr, which is the host's log."""
        self._process.poll()
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(self._printed())
            sys.stderr.flush()
        os.close(self._errors_fd)

    def _printed(self) -> str:
        size = os.fstat(self._errors_fd).st_size
        return os.pread(self._errors_fd, _LAST_BYTES, max(size - _LAST_BYTES, 0)).decode(errors="replace")


def spawn(study: int) -> tuple[socket.socket, StudyProcess]:
    """The host's end of the wire, and the process of the study of this number. Raises OSError where none can be
    started."""
    with contextlib.ExitStack() as on_failure:
        ours, theirs = wire_pair()
        on_failure.callback(ours.close)
        with theirs:
            errors_fd = os.memfd_create("study-errors", os.MFD_CLOEXEC)
            on_failure.callback(os.close, errors_fd)
            process = subprocess.Popen(
                [*COMMAND, str(theirs.fileno()), str(study)],
                stdin=subprocess.DEVNULL,
                stdout=errors_fd,
                stderr=errors_fd,
                env=child_environment(),
                pass_fds=(theirs.fileno(),),
            )
        on_failure.pop_all()
    return ours, StudyProcess(process, errors_fd)
