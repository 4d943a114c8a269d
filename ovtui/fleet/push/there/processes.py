"""Which processes of this account run out of a folder, and how they are ended."""

import contextlib
import os
import signal
import time
from pathlib import Path

STOP_S = 15.0


def stop(running: dict[int, str]) -> None:
    """Asks them to end, which lets a session finish its recording; who has not ended after a while is killed."""
    hosts = {pid for pid, command in running.items() if " -m ovtui.host" in command}
    for number, pids in ((signal.SIGTERM, hosts), (signal.SIGTERM, set(running)), (signal.SIGKILL, set(running))):
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
        until_s = time.monotonic() + (STOP_S if pids else 0)
        while any(map(lives, running)) and time.monotonic() < until_s:
            time.sleep(0.05)
        if not any(map(lives, running)):
            return


def lives(pid: int) -> bool:
    """One that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def processes_of(folders: list[Path]) -> dict[int, str]:
    """Command lines by process id of those of this account that run out of a folder, or have a file in it open."""
    inside = tuple(f"{folder}/" for folder in folders)
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if not name.isdecimal() or int(name) in (os.getpid(), os.getppid()):
            continue
        process = Path("/proc") / name
        try:
            if process.stat().st_uid != os.getuid():
                continue
            words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if any(word.startswith(inside) for word in words[:2]) or holds_file(process, inside):
                found[int(name)] = " ".join(words).strip()
        except OSError:
            continue
    return found


def holds_file(process: Path, inside: tuple[str, ...]) -> bool:
    for each in (process / "fd").iterdir():
        try:
            if str(each.readlink()).startswith(inside):
                return True
        except OSError:
            continue
    return any(f" {each}" in line for line in (process / "maps").read_text().splitlines() for each in inside)
