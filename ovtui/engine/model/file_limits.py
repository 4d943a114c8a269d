"""What is asked of a file before it is opened and before memory is taken for it: a header of input data may promise
more than the file has, and an archive may unpack to more than the machine has. The kernel would end the engine without
a word."""

from __future__ import annotations

import math
import stat
import tokenize
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from ovtui.engine import free_memory
from ovtui.engine.errors import UsageError

TEXT_BYTES_EACH = 12
"""Memory for a byte of text: itself, and the lines as Python's texts and as numpy's."""


def why_unreachable(path: Path) -> str:
    """Why the system cannot look at a path (a name that is too long, a zero byte, links in a circle), as a phrase;
    empty where it can, also where nothing is there."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        return (getattr(error, "strerror", "") or str(error)).lower()
    return ""


def require_file(path: Path) -> None:
    """Raises UsageError where the path is no regular file: opening a pipe would wait for a writer for good."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise UsageError(f"--input {path}: a pipe or a device; save the data to a file")


def require_room(path: Path, size: int, what: str = "its content") -> None:
    """Raises UsageError where `size` bytes of memory are not free."""
    found = free_memory.memory()
    if found is not None and size > found.free:
        need, free = free_memory.size_text(size), free_memory.size_text(found.free)
        raise UsageError(f"--input {path}: {what} takes {need} of memory, and {free} are free; give it in parts")


def require_npy(path: Path, itemsize: int, *, mapped: bool) -> None:
    """Raises UsageError where a .npy file is shorter than its header says, or where its array, with `itemsize` bytes
    for each element, does not fit. What is no such file is left to numpy, which says so."""
    with path.open("rb") as file:
        try:
            shape, dtype = _header(file)
        except ValueError as error:
            if "its header" in str(error):
                raise
            return
        has = path.stat().st_size - file.tell()
    _require_whole(path, shape, dtype, has)
    if mapped and dtype.itemsize != itemsize:  # it is converted, all of it
        require_room(path, math.prod(shape) * itemsize, "its array")


def require_member(path: Path, archive: zipfile.ZipFile, name: str, itemsize: int) -> None:
    """As `require_npy`, of one array of a .npz file."""
    with archive.open(name) as file:
        shape, dtype = _header(file)
    _require_whole(path, shape, dtype, archive.getinfo(name).file_size)
    require_room(path, math.prod(shape) * (dtype.itemsize + itemsize), "its array")


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    try:
        shape, _, dtype = read(file)
    except (ValueError, SyntaxError, TypeError, RecursionError, tokenize.TokenError) as error:
        if isinstance(error, ValueError) and any(word in str(error) for word in ("pickle", "descriptor", "EOF")):
            raise
        raise ValueError("its header is damaged") from None
    if any(isinstance(size, bool) for size in shape):  # which numpy takes for whole numbers
        raise ValueError("its header has a dimension that is no number")
    if any(size < 0 for size in shape):
        raise ValueError("its header has a negative dimension")
    return shape, dtype


def _require_whole(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any], has: int) -> None:
    needs = math.prod(shape) * dtype.itemsize
    if needs > has and not dtype.hasobject:
        listed = ",".join(map(str, shape))
        raise UsageError(f"--input {path}: its header says [{listed}] of {dtype}, {needs:,} bytes, and it has {has:,}")
