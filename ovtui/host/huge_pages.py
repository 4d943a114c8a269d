"""Huge pages for the memory of engines that are compared with each other.

In pages of 4 KB two engines of the same settings differ for as long as they live, by which pages of the memory
their weights were given: the caches hold some of these better than others. In huge pages (2 MB) that chance is small.
docs/ab.md has the figures."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

ENABLED = Path("/sys/kernel/mm/transparent_hugepage/enabled")
VARIABLE, TUNABLE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb"
LEAST_GLIBC = (2, 35)
"""The first that knows the tunable; others pass over it."""


def why_no_huge_pages() -> str:
    """Why malloc of a process that starts now would get none; empty where it would once it is asked to."""
    try:
        setting = ENABLED.read_text()
    except OSError:
        return "this system has none"
    if "[never]" in setting:
        return f"{ENABLED} says never"
    told = os.environ.get(VARIABLE, "")
    if TUNABLE in told and f"{TUNABLE}=1" not in told.split(":"):
        return f"{VARIABLE} says {told}"
    if "[always]" not in setting and not _glibc_knows():
        return "this C library cannot ask for them"
    return ""


def _glibc_knows() -> bool:
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        return name == "glibc" and tuple(map(int, version.split(".")[:2])) >= LEAST_GLIBC
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def asking_for_huge_pages() -> Iterator[str]:
    """Has malloc of the processes that are started meanwhile, and of their children, ask for huge pages, unless the
    person has said otherwise in GLIBC_TUNABLES. Yields why there will be none; empty where there will."""
    before = os.environ.get(VARIABLE)
    if TUNABLE not in (before or ""):
        os.environ[VARIABLE] = ":".join(filter(None, (before, f"{TUNABLE}=1")))
    try:
        yield why_no_huge_pages()
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before
