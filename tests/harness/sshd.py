"""An SSH server of one's own on a port of this machine, for the user that runs it, with keys of its own."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SSHD = shutil.which("sshd", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")))
_SETTINGS = """
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
PrintLastLog no
SetEnv HOME={folder}
"""


class Sshd:
    def __init__(self, folder: Path) -> None:
        """`folder`: takes keys and settings."""
        assert SSHD, "there is no sshd"
        self._folder = folder
        for name in ("host_key", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        settings = folder / "sshd_config"
        settings.write_text(_SETTINGS.format(folder=folder))
        if os.getuid() == 0:  # where it locks itself in before somebody has proven who they are
            Path("/run/sshd").mkdir(0o755, parents=True, exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", settings, "-p", str(self.port)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stderr is not None
        said = ""
        while "Server listening" not in said:
            line = self._process.stderr.readline()
            said += line
            assert line, f"sshd did not start: {said}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()

    def command(self, command: Sequence[str], env: Mapping[str, str], port: int | None = None) -> list[str]:
        """What runs a command over SSH, in a terminal as the one in which this runs: there is TERM from there, and only
        `env` besides. `port`: of a line to the server; None is the server's own."""
        variables = [f"{name}={value}" for name, value in env.items() if name != "TERM"]
        line = f'exec env -i TERM="$TERM" {shlex.join(variables)} {shlex.join(command)}'
        options = {
            "UserKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "no",
            "IdentitiesOnly": "yes",
            "LogLevel": "ERROR",
        }
        return [
            "ssh", "-tt", "-F", "none", "-i", str(self._folder / "key"), "-p", str(port or self.port),
            *(part for name, value in options.items() for part in ("-o", f"{name}={value}")),
            "127.0.0.1", line,
        ]  # fmt: skip
