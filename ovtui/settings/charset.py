"""Which characters the person's terminal takes, as far as the locale tells."""

from __future__ import annotations

import codecs
import os

ASCII, UTF_8 = "ascii", "utf-8"
_UTF_8_NAMES = ("utf-8", "utf8")


def terminal_charset() -> str:
    """The codec of what is shown: of PYTHONIOENCODING, else of the person's locale.

    By the locale's name, because the machine that ovtui runs on may not have the locale of the terminal's machine
    (`ssh` sends the name): de_DE.UTF-8 means UTF-8 also where C is in force for want of it. C, POSIX and no locale at
    all promise nothing but ASCII."""
    named = os.environ.get("PYTHONIOENCODING", "").partition(":")[0]
    return _codec(named) if named else _codec_of_locale(person_locale())


def person_locale() -> str:
    """The name of the locale for characters that the person has set: LC_ALL, LC_CTYPE or LANG; '' for none."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        value = os.environ.get(name, "")
        if value and not (name == "LC_CTYPE" and _set_by_python(value)):
            return value
    return ""


def _set_by_python(lc_ctype: str) -> bool:
    """Python itself sets LC_CTYPE at its start where the locale is C (PEP 538); the kernel keeps what it was given."""
    if lc_ctype not in ("C.UTF-8", "C.utf8", "UTF-8"):
        return False
    try:
        with open("/proc/self/environ", "rb") as start:  # noqa: PTH123  pathlib would cost `ovtui --version` 8 ms
            return b"\0LC_CTYPE=" not in b"\0" + start.read()
    except OSError:
        return False


def _codec_of_locale(name: str) -> str:
    if name in ("", "C", "POSIX"):
        return ASCII
    charset = name.partition(".")[2].partition("@")[0]
    if charset:
        return _codec(charset)
    import _locale  # what C's library says of a name without one, as in de_DE or de_DE@euro

    return _codec(_locale.nl_langinfo(_locale.CODESET))


def _codec(name: str) -> str:
    """Python's codec of that name; ASCII where there is none, or none that a terminal could have."""
    if name.lower() in _UTF_8_NAMES:
        return UTF_8
    try:
        found = codecs.lookup(name).name
        return found if "~ A".encode(found) == b"~ A" else ASCII
    except (LookupError, UnicodeError, ValueError):
        return ASCII
