"""What the program does before anything else: it frees itself from what it inherits and from a locale in which file
names are not bytes in UTF-8."""

from __future__ import annotations

import os
import signal
import sys

from ovtui.cli.streams import open_missing_descriptors, open_streams

_MODE = "PYTHONUTF8"


def begin() -> None:
    """To be called once, before any file is opened."""
    _reset_signals()
    os.umask(os.umask(0o077) & 0o077)  # one that denies the owner would leave a ~/.local that nobody can open
    if sys.getfilesystemencoding() != "utf-8" and sys.argv[1:] != ["--version"]:
        _restart_in_utf_8()
    open_missing_descriptors()
    open_streams()
    if sys.warnoptions:  # -W error or PYTHONWARNINGS would end the program by the warning of a library
        import warnings

        warnings.resetwarnings()
        warnings.simplefilter("ignore")


def _reset_signals() -> None:
    """Whoever started the program may have ignored or blocked signals, and a new program inherits that. With SIGCHLD
    ignored no exit code of a child is known, and blocked signals make the program deaf to `kill`. SIGHUP stays
    ignored, because that is what nohup does."""
    if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if signal.pthread_sigmask(signal.SIG_BLOCK, ()):
        signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _restart_in_utf_8() -> None:
    """In an 8-bit locale Python takes the bytes of a file's name for characters of that locale, and the engine, whose
    locale is another, would look for a file of other bytes. In Python's UTF-8 mode bytes stay what they are; it can
    only be chosen before Python starts (15 ms). Only names are concerned: what is shown follows the locale."""
    if os.environ.get(_MODE) == "1" or not sys.executable:
        return
    arguments = [sys.executable, "-X", "utf8=1", *sys.orig_argv[1:]]
    try:
        os.execve(sys.executable, arguments, {**os.environ, _MODE: "1"})
    except OSError:
        return
