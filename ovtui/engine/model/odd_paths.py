"""Paths that are no UTF-8, for OpenVINO, whose Python takes text alone: another way to the same file, in ASCII.

A folder is reached through its descriptor, which leaves nothing behind; a file whose own name is no UTF-8, by a link in
a folder of its own as long as it is read. What OpenVINO says of such a way is said of the path itself."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ovtui.engine.model.onnx_parts import onnx_parts

_LINK = "model"
_held: dict[str, int] = {}
"""Descriptors of folders by path, which stay open as long as the process: OpenVINO looks into a cache at any time."""


def is_odd(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return True
    return False


def folder_way(path: str) -> str:
    """The path of a folder that is there, in UTF-8. Raises OSError."""
    if not is_odd(path):
        return path
    if path not in _held:
        _held[path] = os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    return f"/proc/self/fd/{_held[path]}"


def file_way(path: str) -> str:
    """The path of a file in UTF-8. Raises OSError, and UnicodeEncodeError where the file's own name is not."""
    if not is_odd(path):
        return path
    folder, name = os.path.split(path)
    name.encode()
    return f"{folder_way(folder)}/{name}"


@contextlib.contextmanager
def way_to_model(path: str) -> Iterator[str]:
    """The path of a model in UTF-8, with its weights beside it. Raises OSError."""
    folder, name = os.path.split(path)
    if not is_odd(name):
        yield file_way(path)
        return
    with tempfile.TemporaryDirectory(prefix="ovtui-") as made:
        stem, suffix = Path(name).stem, Path(name).suffix
        links = {f"{_LINK}{end}": f"{stem}{end}" for end in (suffix, ".bin", ".BIN", ".pdiparams")}
        if suffix.lower() == ".onnx":
            parts = onnx_parts(Path(path))
            links |= {beside: beside for beside in (parts.external if parts is not None else ())}
        for link, beside in links.items():
            target = Path(folder).absolute() / beside
            if target.exists() and "/" not in link:
                (Path(made) / link).symlink_to(target)
        yield file_way(f"{made}/{_LINK}{suffix}")


def with_path(text: str, way: str, path: str) -> str:
    """What OpenVINO says, with the path in place of the way to it."""
    return text.replace(way, path)
