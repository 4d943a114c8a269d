"""Hundreds of boxes behind a few real sshds: each sshd listens at many ports, and each port is a box with a HOME of its
own."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.ssh_boxes import SETTINGS_OF, Boxes, sftp_server
from harness.sshd import SSHD


class ManyBoxes:
    def __init__(self, folder: Path, count: int, sshds: int, *, ovtui: Path) -> None:
        """`ovtui`: what stands in the PATH of all."""
        self.boxes = Boxes(folder, [])
        self.names = [f"box{number}" for number in range(1, count + 1)]
        self._folder, self._sshds, self._ovtui = folder, sshds, ovtui
        self._running: list[subprocess.Popen[bytes]] = []
        self.ports: dict[str, int] = dict(zip(self.names, _free_ports(count), strict=True))

    def home(self, name: str) -> Path:
        return self._folder / "homes" / str(self.ports[name])

    @property
    def hosts_file(self) -> Path:
        path = self._folder / "hosts"
        path.write_text("".join(f"{name}\n" for name in self.names))
        return path

    def __enter__(self) -> Self:
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(0o755, parents=True, exist_ok=True)
        known, config = "", ""
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        for number in range(self._sshds):
            names = self.names[number :: self._sshds]
            folder = self._folder / f"sshd{number}"
            folder.mkdir()
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "host_key"], check=True)
            key = " ".join((folder / "host_key.pub").read_text().split()[:2])
            known += "".join(f"[127.0.0.1]:{self.ports[name]} {key}\n" for name in names)
            config += "".join(
                f"Host {name}\n  HostName 127.0.0.1\n  Port {self.ports[name]}\n  User {user}\n" for name in names
            )
            self._start(folder, names)
        (self.boxes.home / ".ssh" / "config").write_text(config)
        (self.boxes.home / ".ssh" / "known_hosts").write_text(known)
        return self

    def _start(self, folder: Path, names: list[str]) -> None:
        for name in names:
            self.home(name).mkdir(parents=True)
        homes, path = shlex.quote(str(self._folder / "homes")), shlex.quote(f"{self._ovtui.parent}:/usr/bin:/bin")
        entered = folder / "entered"
        entered.write_text(
            f"#!/bin/sh\nHOME={homes}/${{SSH_CONNECTION##* }}\ncd $HOME\n"
            f'exec env -i HOME="$HOME" PATH={path} LANG=C.UTF-8 sh -c "${{SSH_ORIGINAL_COMMAND:-exec sh}}"\n'
        )
        entered.chmod(0o755)
        authorized = self.boxes.home / ".ssh" / "id_ed25519.pub"
        settings = SETTINGS_OF.format(folder=folder, authorized=authorized, sftp_server=sftp_server())
        (folder / "sshd_config").write_text(settings)
        ports = [word for name in names for word in ("-p", str(self.ports[name]))]
        log = folder / "sshd.log"
        process = subprocess.Popen(
            [str(SSHD), "-D", "-e", "-f", str(folder / "sshd_config"), *ports],
            stdin=subprocess.DEVNULL, stderr=log.open("w"),
        )  # fmt: skip
        self._running.append(process)
        while log.read_text().count("Server listening") < len(names):
            assert process.poll() is None, log.read_text()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running:
            process.kill()
            process.wait()


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in taken]
    for each in taken:
        each.close()
    return ports
