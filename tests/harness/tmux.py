"""The real program in tmux: a terminal that is not ours, with a server of its own for each test."""

from __future__ import annotations

import contextlib
import os
import re
import select
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.program import LIMIT_S, What, met

_ENDED = "ended with"
_CODE = re.compile(rf"^{_ENDED} (\d+)$", re.MULTILINE)


class Tmux:
    def __init__(
        self, command: Sequence[str], env: Mapping[str, str], folder: Path, columns: int = 120, rows: int = 40
    ) -> None:
        """`folder` takes the server's socket and the pipe that tells of new output."""
        # Not in `folder` itself when that is deep: a socket's path is limited to 107 bytes.
        self._socket = f"/tmp/ovtui-{os.getpid()}-{abs(hash(folder)) % 10**8}.tmux"
        self._env = {**env, "TERM": "xterm-256color"}
        pipe = folder / "tmux-output"
        os.mkfifo(pipe)
        # Open for writing too: without a writer it would be at its end for ever, and always ready to be read.
        self._output = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        # The shell stays and says how the program ended: tmux's own word of a dead pane is not to be relied on, 3.3a
        # was seen to leave the process a zombie and its status empty.
        line = f"{shlex.join(command)}; echo {_ENDED} $?; read -r _"
        size = ["-x", str(columns), "-y", str(rows)]
        try:
            self.run("-f", "/dev/null", "new-session", "-d", *size, f"exec sh -c {shlex.quote(line)}")
            self.run("pipe-pane", "-O", f"exec cat >{shlex.quote(str(pipe))}")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], env=self._env, check=False, capture_output=True)
        os.close(self._output)
        Path(self._socket).unlink(missing_ok=True)

    def run(self, *arguments: str) -> str:
        """One tmux command; its output. Raises AssertionError with tmux's words."""
        done = subprocess.run([*self._tmux, *arguments], env=self._env, check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"tmux {arguments[0]}: {done.stderr}"
        return done.stdout

    @property
    def _tmux(self) -> list[str]:
        return ["tmux", "-S", self._socket]

    def keys(self, *names: str) -> None:
        """Types keys by tmux's names ('s', 'Down', 'C-c')."""
        self.run("send-keys", *names)

    def resize(self, columns: int, rows: int) -> None:
        self.run("resize-window", "-x", str(columns), "-y", str(rows))

    @property
    def text(self) -> str:
        """The pane's text, after the program has ended too."""
        return self.run("capture-pane", "-p")

    def wait_for(self, what: What, limit_s: float = LIMIT_S) -> str:
        """Looks at the screen each time something was written to it; fails with the screen after the limit."""
        end_s = time.monotonic() + limit_s
        while not met(what, text := self.text):
            left_s = end_s - time.monotonic()
            assert left_s > 0, f"not within {limit_s:g} s: {what}\n{text}"
            select.select([self._output], [], [], left_s)
            with contextlib.suppress(BlockingIOError):
                while os.read(self._output, 65536):
                    pass
        return text

    def wait_for_exit(self, limit_s: float = LIMIT_S) -> tuple[int, str]:
        """The program's exit code and what it left on the screen."""
        text = self.wait_for(_CODE, limit_s)
        found = _CODE.search(text)
        assert found is not None
        return int(found[1]), text
