"""Boxes of a fleet on this machine: each a real sshd on a port of its own, with a HOME and XDG folders of its own.

An account can have one HOME only, so every command goes through a script (ForceCommand) that sets the box's environment
and then runs what was asked for; SFTP goes the same way."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from harness.box_processes import end_processes_at
from harness.sshd import SSHD

SETTINGS_OF = """
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {authorized}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
PrintMotd no
PrintLastLog no
MaxStartups 200:30:400
MaxSessions 100
Subsystem sftp {sftp_server}
ForceCommand {folder}/entered
SetEnv HOME={folder}
"""
"""HOME: the account's shell starts that script, and bash, started by sshd, first reads ~/.bashrc: what a person has
there (pyenv, conda) would run at each command, some tenths of a second of all cores."""
_SFTP_SERVERS = ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server", "/usr/lib/ssh/sftp-server")
PROGRAMS = Path(sys.executable).parent
"""Where ovtui is installed."""


def sftp_server() -> str:
    return next(path for path in _SFTP_SERVERS if Path(path).exists())


class SshBox:
    """One box. `bin` is the first folder of its PATH: with ovtui in it, or not."""

    def __init__(
        self, folder: Path, name: str, authorized: Path, *, ovtui: str | None = str(PROGRAMS / "ovtui")
    ) -> None:
        """`ovtui`: what stands there as ovtui; None: nothing."""
        assert SSHD, "there is no sshd"
        self.folder, self.name = folder / name, name
        self.home = self.folder / "home"
        self.bin = self.folder / "bin"
        for each in (self.home, self.bin, self.folder / "runtime"):
            each.mkdir(parents=True, mode=0o700)
        if ovtui is not None:
            (self.bin / "ovtui").symlink_to(ovtui)
        self.env: dict[str, str] = {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.folder / "runtime"),
            "PATH": f"{self.bin}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
        }
        for variable in ("LD_LIBRARY_PATH", "OCL_ICD_VENDORS", "POCL_MEMORY_LIMIT"):  # of the simulated GPU
            if variable in os.environ:
                self.env[variable] = os.environ[variable]
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / "host_key"], check=True)
        (self.folder / "sshd_config").write_text(
            SETTINGS_OF.format(folder=self.folder, authorized=authorized, sftp_server=sftp_server())
        )
        self.enter_by("")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[str] | None = None

    def enter_by(self, before: str) -> None:
        """Every command of the box, from now on, is preceded by these lines of sh: a fault, such as `sleep 9999`."""
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.env.items())
        script = self.folder / "entered"
        text = (
            f"#!/bin/sh\n{before}\ncd {shlex.quote(str(self.home))}\n"
            f'exec env -i TERM="${{TERM:-dumb}}" {variables} sh -c "${{SSH_ORIGINAL_COMMAND:-exec sh}}"\n'
        )
        new = script.with_suffix(".new")
        new.write_text(text)
        new.chmod(0o755)
        new.replace(script)

    def start(self) -> None:
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(0o755, parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [str(SSHD), "-D", "-e", "-f", str(self.folder / "sshd_config"), "-p", str(self.port)],
            stdin=subprocess.DEVNULL, stderr=(self.folder / "sshd.log").open("w"), text=True,
        )  # fmt: skip
        while True:
            if "Server listening" in (self.folder / "sshd.log").read_text():
                return
            assert self._process.poll() is None, (self.folder / "sshd.log").read_text()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Ends the server and its connections; what was detached there goes on."""
        if self._process is not None:
            alive = self._process.poll() is None
            connections = psutil.Process(self._process.pid).children(recursive=True) if alive else []
            self._process.kill()
            self._process.wait()
            for connection in connections:
                with contextlib.suppress(psutil.Error):
                    connection.kill()

    @property
    def known_hosts_line(self) -> str:
        key = (self.folder / "host_key.pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {key[0]} {key[1]}\n"

    def run(self, command: Sequence[str], **options: object) -> subprocess.CompletedProcess[str]:
        """Runs a command as the box does, without SSH."""
        return subprocess.run(
            list(command), env=self.env, cwd=self.home, text=True, capture_output=True, check=False, **options  # type: ignore[call-overload]
        )  # fmt: skip


class Boxes:
    """A set of boxes, and the controller's own HOME with the key, `config` and `known_hosts` in its .ssh."""

    def __init__(self, folder: Path, names: Sequence[str], *, ovtui: str | None = str(PROGRAMS / "ovtui")) -> None:
        self.folder = folder
        self.home = folder / "controller"
        ssh = self.home / ".ssh"
        ssh.mkdir(parents=True, mode=0o700)
        (self.home / "runtime").mkdir(mode=0o700)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", ssh / "id_ed25519"], check=True)
        self.boxes = {name: SshBox(folder / "boxes", name, ssh / "id_ed25519.pub", ovtui=ovtui) for name in names}
        self.write_ssh_files()

    def write_ssh_files(self, ports: Mapping[str, int] | None = None) -> None:
        """`ports`: of a proxy before a box, by the box's name."""
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        ports = {name: box.port for name, box in self.boxes.items()} | dict(ports or {})
        config = "".join(
            f"Host {name}\n  HostName 127.0.0.1\n  Port {ports[name]}\n  User {user}\n" for name in self.boxes
        )
        known = ""
        for name, box in self.boxes.items():
            key = box.known_hosts_line.split(" ", 1)[1]
            known += f"[127.0.0.1]:{ports[name]} {key}"
        (self.home / ".ssh" / "config").write_text(config)
        (self.home / ".ssh" / "known_hosts").write_text(known)

    @property
    def env(self) -> dict[str, str]:
        """Of the controller: its HOME, and no agent."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SSH_", "OVTUI_", "XDG_"))}
        return {**kept, "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home / "runtime")}

    def hosts_file(self, *more: str) -> Path:
        """A plain list of all boxes, and of what else is named."""
        path = self.home / "hosts"
        path.write_text("".join(f"{name}\n" for name in (*self.boxes, *more)))
        return path

    def __getitem__(self, name: str) -> SshBox:
        return self.boxes[name]

    def __enter__(self) -> Self:
        for box in self.boxes.values():
            box.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing that was begun on a box outlives it, nor what was begun with the controller's HOME."""
        for box in self.boxes.values():
            box.stop()
        end_processes_at([self.home, *(box.home for box in self.boxes.values())])
        shutil.rmtree(self.folder / "boxes", ignore_errors=True)
