"""Where the program writes what a person is not shown: the tracebacks of its own faults."""

from __future__ import annotations

import contextlib
import os
import platform
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from ovtui import __version__
from ovtui.host.session_socket import private_folder
from ovtui.host.state_paths import state_folder

KEPT_FILES = 10
_VIEW, _SUFFIX = "view-", ".txt"
_FRESH_S = 60.0
"""A view that has just died wrote its file so recently; an older one is of another process with its number."""


def _folder() -> Path:
    """Raises OSError."""
    return private_folder(state_folder() / "crashes")


def write_traceback(error: BaseException, command: str) -> Path:
    """A new file with the traceback; of the older ones the newest stay. Raises OSError."""
    folder = _folder()
    for old in sorted(folder.glob(f"[0-9]*{_SUFFIX}"), reverse=True)[KEPT_FILES - 1 :]:
        with contextlib.suppress(OSError):
            old.unlink()
    path = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}{_SUFFIX}"
    head = f"ovtui {__version__}, Python {platform.python_version()}\n{command}\n\n"
    text = head + "".join(traceback.format_exception(error))
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def fatal_errors_are_written() -> Iterator[None]:
    """While it is entered, a fatal error of this process (SIGSEGV, SIGABRT and their like, out of a library) leaves its
    traceback in a file, which tells the host that this view has crashed and was not killed. Where no file can be
    written, the host takes a crash for a kill."""
    import faulthandler

    try:
        path = _view_file(os.getpid())
        _remove_old(path.parent)
        file = path.open("wb", buffering=0)
    except OSError:
        yield
        return
    faulthandler.enable(file)
    try:
        yield
    finally:
        faulthandler.disable()
        file.close()
        with contextlib.suppress(OSError):
            if not path.stat().st_size:
                path.unlink()


def has_crashed(pid: int) -> bool:
    """Whether a view, which has ended without a word, wrote that it died of an error of its own."""
    try:
        status = _view_file(pid).stat()
    except OSError:
        return False
    return status.st_size > 0 and time.time() - status.st_mtime < _FRESH_S


def _view_file(pid: int) -> Path:
    return _folder() / f"{_VIEW}{pid}{_SUFFIX}"


def _remove_old(folder: Path) -> None:
    """The files of views that were killed, which are empty, and of the crashes all but the newest."""
    files = sorted(folder.glob(f"{_VIEW}*{_SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for number, path in enumerate(files):
        pid = path.name.removeprefix(_VIEW).removesuffix(_SUFFIX)
        with contextlib.suppress(OSError):
            if not Path(f"/proc/{pid}").exists() and (not path.stat().st_size or number >= KEPT_FILES):
                path.unlink()
