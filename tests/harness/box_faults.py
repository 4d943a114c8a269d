"""What goes wrong with a box of `ssh_boxes.py`: ports that are dead or silent, keys that are wrong, disks that are
full, hangs and floods after the login, and all processes of a box stopped or killed."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
from harness.box_processes import processes_at
from harness.ssh_boxes import Boxes, SshBox


def dead_port() -> int:
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextlib.contextmanager
def port_that_says(banner: bytes = b"") -> Iterator[int]:
    """A port that takes connections and says this and then nothing: as an sshd that hangs, or as no SSH at all."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                taken.append(listener.accept()[0])
                taken[-1].sendall(banner)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in (listener, *taken):
            each.close()


def change_host_key(boxes: Boxes, name: str) -> None:
    """known_hosts has another key for the box than the box has."""
    other = boxes.folder / f"other-host-key-{name}"
    other.unlink(missing_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    key = " ".join(Path(f"{other}.pub").read_text().split()[:2])
    known = boxes.home / ".ssh" / "known_hosts"
    place = f"[127.0.0.1]:{boxes[name].port} "
    lines = [f"{place}{key}" if line.startswith(place) else line for line in known.read_text().splitlines()]
    known.write_text("".join(f"{line}\n" for line in lines))


def forget_host_key(boxes: Boxes, name: str) -> None:
    known = boxes.home / ".ssh" / "known_hosts"
    place = f"[127.0.0.1]:{boxes[name].port} "
    known.write_text("".join(f"{line}\n" for line in known.read_text().splitlines() if not line.startswith(place)))


def refuse_login(box: SshBox) -> None:
    """Before it is started: it accepts nobody's key."""
    settings = box.folder / "sshd_config"
    lines = [line for line in settings.read_text().splitlines() if not line.startswith("AuthorizedKeysFile")]
    settings.write_text("\n".join(["AuthorizedKeysFile none", *lines, ""]))


def hang_after_login(box: SshBox) -> None:
    """Every command says nothing for ever, and ends with the line."""
    box.enter_by("exec cat >/dev/null")


def flood(box: SshBox, *, stderr: bool = False) -> None:
    """Every command sends without end: zeros, without a newline, or lines to stderr."""
    box.enter_by("exec yes >&2" if stderr else "exec cat /dev/zero")


def remove_ovtui(box: SshBox) -> None:
    (box.bin / "ovtui").unlink(missing_ok=True)


@contextlib.contextmanager
def full_disk(box: SshBox, free_bytes: int = 0) -> Iterator[None]:
    """Its HOME has room for so many bytes more and then says ENOSPC. A tmpfs where one may be mounted; else one in a
    namespace of its own for each command, whose files go with it; else a limit on the size of files (EFBIG). Whatever
    was in HOME is not there while it lasts."""
    size = max(free_bytes, 4096) + 16_384  # folders take a page each
    options = f"size={size // 4096 * 4096},mode=700"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(box.home)]
    if os.getuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        try:
            _fill(box.home, free_bytes)
            yield
        finally:
            subprocess.run(["umount", "-l", str(box.home)], check=True)
        return
    home = shlex.quote(str(box.home))
    inner = f'mount -t tmpfs -o {options} tmpfs {home} && cd {home} && exec sh -c "${{SSH_ORIGINAL_COMMAND:-sh}}"'
    apart = ["unshare", "-Urm", "true"]
    if subprocess.run(apart, capture_output=True, check=False).returncode == 0:
        variables = " ".join(f"{name}={shlex.quote(value)}" for name, value in box.env.items())
        box.enter_by(f'exec env -i TERM="$TERM" SSH_ORIGINAL_COMMAND="$SSH_ORIGINAL_COMMAND" {variables} '
                     f"unshare -Urm sh -c {shlex.quote(inner)}")  # fmt: skip
    else:
        box.enter_by(f"ulimit -f {max(1, free_bytes // 512)}")
    try:
        yield
    finally:
        box.enter_by("")


def _fill(folder: Path, free_bytes: int) -> None:
    """With a file, page by page, until so many bytes and no more are free."""
    with (folder / ".filled").open("wb", buffering=0) as file:
        while True:
            left = os.statvfs(folder)
            if left.f_bavail * left.f_frsize <= free_bytes:
                return
            try:
                file.write(b"x" * 4096)
            except OSError:
                return


def processes_of(box: SshBox, *, with_sshd: bool = False) -> list[psutil.Process]:
    """All that runs on the box, detached or not: what has its HOME. `with_sshd`: its SSH server and connections too."""
    found = processes_at([box.home])
    if with_sshd:
        with contextlib.suppress(psutil.Error):
            server = psutil.Process(box.pid)
            found += [p for p in (server, *server.children(recursive=True)) if p not in found]
    return found


def runs_on(box: SshBox, word: str) -> bool:
    """Whether a process with this word in its command line is there."""
    for process in processes_of(box):
        with contextlib.suppress(psutil.Error):
            if word in process.cmdline():
                return True
    return False


def signal_box(box: SshBox, number: signal.Signals) -> None:
    """To all of a box at once, its SSH server too: SIGSTOP is a box that hangs, SIGKILL one that lost its power. A
    stopped box's port still takes connections, as the system does that for it."""
    for process in processes_of(box, with_sshd=True):
        with contextlib.suppress(psutil.Error):
            process.send_signal(number)
