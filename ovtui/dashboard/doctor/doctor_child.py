"""Runs `ovtui doctor --json` for the page, on a thread that nothing waits for."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

import msgspec

from ovtui.host.asked_processes import Answer, Asked, ask_all
from ovtui.records.doctor import DoctorReport, from_json

LIMIT_S = 20.0
"""The command itself takes 5 s at most, and the start of a process on a busy machine some more."""
_LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")


def ask_in_background(cache_dir: str, answered: Callable[[DoctorReport | str], None]) -> None:
    """Calls `answered` on another thread, with the report or with a sentence on why there is none. `cache_dir`: of the
    session, which may have it from a flag. A dashboard that ends meanwhile takes the child with it."""
    threading.Thread(target=lambda: answered(_ask(cache_dir)), name="doctor", daemon=True).start()


def _ask(cache_dir: str) -> DoctorReport | str:
    # The report tells of the person's terminal, so the locale is the person's and not that of ovtui's own processes.
    environment = {name: os.environ.get(name, "") for name in _LOCALE}
    if cache_dir:
        environment["OVTUI_CACHE_DIR"] = cache_dir
    command = [sys.executable, "-m", "ovtui", "doctor", "--json"]
    answer = ask_all([Asked("doctor", command, limit_s=LIMIT_S, environment=environment)])["doctor"]
    return report_of(answer)


def report_of(answer: Answer) -> DoctorReport | str:
    """The report, or a sentence on why there is none."""
    if answer.ending in ("answered", "exit-code"):
        try:
            return from_json(answer.stdout)
        except msgspec.MsgspecError:
            pass
    lines = answer.stderr.decode(errors="replace").strip().splitlines()
    last = f": {lines[-1].strip()}" if lines else ""
    how = "gave no report" if answer.ending == "answered" else answer.words
    return f"ovtui doctor: {how}{last}"
