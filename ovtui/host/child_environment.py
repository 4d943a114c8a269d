"""The environment of ovtui's own processes: host, engine, and those that are asked one question. It has what the person
has set for OpenVINO and its drivers, and nothing that makes Python or C's library work otherwise than ovtui expects."""

from __future__ import annotations

import os
import sys
from pathlib import Path

LOCALE = "C.UTF-8"
_DROPPED = (
    "PYTHONWARNINGS",  # errors of a library's warnings
    "PYTHONOPTIMIZE", "PYTHONINSPECT", "PYTHONDEVMODE", "PYTHONVERBOSE", "PYTHONPROFILEIMPORTTIME",
    "PYTHONTRACEMALLOC", "PYTHONIOENCODING", "PYTHONCOERCECLOCALE", "PYTHONCASEOK", "PYTHONDUMPREFS",
)  # fmt: skip
"""Of Python, for whoever mends a program, not for whoever measures with one."""


def child_environment() -> dict[str, str]:
    """A copy of this process's environment for a child, which hands it down to its own children.

    In a Turkish locale the small letter of I is no i, and OpenVINO does not find its enumerations; in a German one a
    number ends at its point. LC_ALL wins over every other variable of the locale. Where a system lacks C.UTF-8, C's
    library stays in C, and PYTHONUTF8 keeps the bytes of file names. PYTHONSAFEPATH: the current folder is no place for
    modules; a person's own random.py or types.py in it would be taken for Python's."""
    environment = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    environment |= {"LC_ALL": LOCALE, "PYTHONUTF8": "1", "PYTHONSAFEPATH": "1"}
    root = str(Path(__file__).parents[2])
    if not sys.flags.safe_path and sys.path[:1] in ([""], [root]):
        # `python -m ovtui` in a checkout that is not installed: its folder is on no other path.
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environment.get("PYTHONPATH"))))
    return environment
