"""Tells which files belong to a model, in a process of its own, which imports no OpenVINO: `python -m
ovtui.engine.model.model_parts_child`, the model's name as JSON on stdin, ModelParts as JSON on stdout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model.model_files import find_model, weights_of_ir
from ovtui.engine.model.onnx_parts import onnx_parts
from ovtui.records.model_parts import ModelParts
from ovtui.records.odd_names import from_json, to_json

MOST_FILES = 2000


def parts_of_model(name: str) -> ModelParts:
    """Raises SetupError where there is no such model, or one that cannot be copied; OSError."""
    found = find_model(name)
    if found.built_in:
        return ModelParts()
    path = Path(os.path.abspath(found.path))  # noqa: PTH100 - links stay as they are named
    if path.is_dir():
        files = [each for each in sorted(path.rglob("*")) if each.is_file()]
        if len(files) > MOST_FILES:
            raise SetupError(
                f"{name}: {len(files):,} files are in this folder, more than are sent; name the model's own"
            )
        return ModelParts(folder=str(path), main=".", files=tuple(str(each.relative_to(path)) for each in files))
    beside = [name for name in _beside(path) if name != path.name]
    for each in beside:
        if each.startswith("/") or ".." in Path(each).parts:
            raise SetupError(
                f"{name}: its weights lie outside of its folder ({each}); save the model with them beside it"
            )
    return ModelParts(folder=str(path.parent), main=path.name, files=(path.name, *dict.fromkeys(beside)))


def _beside(path: Path) -> list[str]:
    suffix = path.suffix.lower()
    if suffix == ".pdmodel":
        return [path.with_suffix(".pdiparams").name]
    if suffix == ".xml":
        weights = weights_of_ir(path)
        return [weights.name] if weights.exists() else []
    parts = onnx_parts(path)
    return list(parts.external) if parts is not None else []


def main() -> None:
    name = from_json(msgspec.json.Decoder(str), sys.stdin.buffer.read())
    try:
        answer = parts_of_model(name)
    except SetupError as error:
        answer = ModelParts(problem=str(error), misused=isinstance(error, UsageError))
    except OSError as error:
        answer = ModelParts(problem=f"{name}: cannot be read: {error.strerror}")
    sys.stdout.buffer.write(to_json(answer))


if __name__ == "__main__":
    main()
