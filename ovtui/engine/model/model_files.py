"""From what a person names to the file that OpenVINO reads: a folder with a model in it, weights beside their model,
and one sentence for whatever is no model. Nothing here needs OpenVINO."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model import file_kinds, model_folders
from ovtui.engine.model.onnx_parts import onnx_parts
from ovtui.settings.model_names import BUILT_IN_MODELS
from ovtui.settings.paths import expand_home, shell_path
from ovtui.settings.shown_text import in_quotes
from ovtui.settings.value_text import readable


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model as it was found."""

    path: str
    """What OpenVINO reads: a file, or the folder of a SavedModel or of Paddle."""
    label: str
    """Its name on the screen: the file's, with the folder's name before it where the folder was given."""
    note: str = ""
    """What was chosen where there was a choice; empty where there was none."""
    built_in: bool = False


def find_model(name: str) -> ModelFile:
    """The model that `name` names, its content checked. Raises SetupError with one sentence where there is none, where
    the file is something else, or where its weights are not there."""
    found = locate_model(name)
    if not found.built_in:
        shown = name if found.path == expand_home(name) else found.path
        if reason := _why_unusable(Path(found.path)):
            raise SetupError(readable(f"{shown}: {reason}"))
    return found


def locate_model(name: str) -> ModelFile:
    """As `find_model`, without a look at the file's content."""
    try:
        found = _locate(name)
    except SetupError as error:
        raise type(error)(readable(str(error))) from None
    return replace(found, label=readable(found.label), note=readable(found.note))


def _locate(name: str) -> ModelFile:
    if not name.strip():
        raise UsageError(
            f"the name of the model is empty; give a file, a folder or one of {', '.join(BUILT_IN_MODELS)}"
        )
    path = Path(expand_home(name))
    if name in BUILT_IN_MODELS and not os.path.lexists(path):
        return ModelFile(name, name, built_in=True)
    if _is_folder(path, name):
        return _in_folder(path, name)
    if path.suffix == ".ovtui":
        raise SetupError(f"{name}: a recording, not a model; ovtui replay {shell_path(name)} shows it")
    chosen = _belongs_to(path)
    if chosen is path:
        return ModelFile(str(path), path.name)
    if chosen.is_dir():
        return _in_folder(chosen, str(chosen))
    return ModelFile(str(chosen), chosen.name, f"{path.name} holds the weights of {chosen.name}, which is the model")


def broken_text(path: str) -> str:
    """Why OpenVINO could not read a file that `find_model` found, where the files tell; empty otherwise."""
    return readable(_why_broken(Path(path)))


def _why_broken(file: Path) -> str:
    try:
        ir = file.suffix.lower() == ".xml" or (file.is_file() and file_kinds.is_ir(file))
        if ir and (reason := _broken_ir(file)):
            return reason
        if file.suffix.lower() == ".pdmodel" and not file.with_suffix(".pdiparams").exists():
            return f"its weights are not there: {file.with_suffix('.pdiparams').name} belongs beside it"
        if file.is_file() and b"TFL3" in file.open("rb").read(8) and file.suffix.lower() != ".tflite":
            return f"a TensorFlow Lite model, which OpenVINO knows by its ending alone: {_rename(file, '.tflite')}"
    except OSError:
        pass
    return file_kinds.named_refusal(file)


def weights_of_ir(path: Path) -> Path:
    """The .bin beside an IR; OpenVINO itself finds none whose ending has capitals."""
    weights = path.with_suffix(".bin")
    capitals = path.with_suffix(".BIN")
    return capitals if capitals.exists() and not os.path.lexists(weights) else weights


def capital_weights(path: str) -> tuple[str, ...]:
    """The weights that OpenVINO has to be told, because it would not find them; empty otherwise."""
    file = Path(path)
    weights = weights_of_ir(file) if file.suffix.lower() == ".xml" else file
    return (str(weights),) if weights.suffix == ".BIN" else ()


def _is_folder(path: Path, name: str) -> bool:
    """True for a folder, False for a regular file that may be read. Raises SetupError for everything else."""
    try:
        kind = path.stat().st_mode
    except ValueError:
        raise SetupError(f"{in_quotes(name)}: no file can have this name") from None
    except OSError as error:
        raise SetupError(f"{name}: {_why_not_found(path, error)}") from None
    if stat.S_ISDIR(kind):
        return True
    if not stat.S_ISREG(kind):
        what = "a pipe" if stat.S_ISFIFO(kind) else "a socket" if stat.S_ISSOCK(kind) else "a device"
        raise SetupError(f"{name}: {what}, not a file; a model is read from a file, so save it to one")
    if not os.access(path, os.R_OK):
        raise SetupError(f"{name}: no permission to read it")
    return False


def _why_not_found(path: Path, error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "a symbolic link that leads in a circle"
    if error.errno == errno.EACCES:
        return "no permission to look into its folder"
    if error.errno == errno.ENOENT and path.is_symlink():
        target = str(path.readlink())
        more = f"; fetch it: git annex get {path.name}" if ".git/annex/" in target else ""
        return f"a symbolic link to {target}, which is not there{more}"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"no such model file; built-in models are {', '.join(BUILT_IN_MODELS)}"
    return f"cannot be read: {error.strerror}"


def _in_folder(folder: Path, name: str) -> ModelFile:
    chosen, note = model_folders.model_in(folder, name)
    folder_name = folder.name or folder.resolve().name
    label = folder_name if chosen == folder else f"{folder_name}/{chosen.relative_to(folder)}"
    return ModelFile(str(chosen), label, note)


def _belongs_to(path: Path) -> Path:
    """The model whose weights `path` holds, or whose part it is; `path` itself where it is no such file."""
    name, suffix = path.name, path.suffix.lower()
    beside: list[Path] = []
    if suffix == ".bin":
        beside = [path.with_suffix(".xml"), path.with_suffix(".XML")]
    elif name in ("saved_model.pb", "saved_model.pbtxt"):
        beside = [path.parent]
    elif suffix == ".pdiparams":
        beside = [path.with_suffix(".pdmodel"), path.with_suffix(".json")]
    elif suffix == ".data" or name.endswith("_data"):
        beside = [Path(str(path)[: -len("_data")]), path.with_suffix(".onnx")]
    return next((found for found in beside if found != path and found.exists()), path)


def _why_unusable(path: Path) -> str:
    """Why the file or its weights are not what OpenVINO can read; empty where they may be."""
    try:
        if path.is_dir():
            graph, weights = model_folders.parts_of(path)
            reasons = (file_kinds.refusal(graph), *(_part_refusal(part, 0) for part in weights))
            return next(filter(None, reasons), "")
        return file_kinds.refusal(path) or _weights_refusal(path)
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _weights_refusal(path: Path) -> str:
    """What is wrong with the weights beside a model, where OpenVINO would not notice, or would wait for ever. A .bin
    that is not there may not be needed."""
    if path.suffix.lower() == ".bin":
        return f"weights without their model: {path.with_suffix('.xml').name} belongs beside it"
    weights = path.with_suffix(".pdiparams") if path.suffix.lower() == ".pdmodel" else weights_of_ir(path)
    if path.suffix.lower() == ".pdmodel" or file_kinds.is_ir(path):
        return _part_refusal(weights, 0) if os.path.lexists(weights) else ""
    parts = onnx_parts(path)
    if parts is None:
        return ""
    if parts.missing_bytes and path.suffix.lower() == ".onnx":
        return f"it is cut short, {parts.missing_bytes:,} bytes are missing at least; download or copy it again"
    for part, needed in parts.external.items():
        if reason := _part_refusal(path.parent / part, needed):
            return reason
    return ""


def _part_refusal(part: Path, needed: int) -> str:
    """Why a file that belongs to a model cannot be used; empty where it can."""
    try:
        found = part.stat()
    except (OSError, ValueError):
        link = f" (a symbolic link to {part.readlink()})" if part.is_symlink() else ""
        return f"its weights are not there: {part}{link}; copy or download that file, too"
    if not stat.S_ISREG(found.st_mode):
        return f"its weights are no file: {part}"
    if not os.access(part, os.R_OK):
        return f"no permission to read its weights: {part}"
    if reason := file_kinds.pointer(part):
        return f"its weights, {part.name}, are {reason}"
    if found.st_size < needed:
        lengths = f"{part.name} has {found.st_size:,} bytes of {needed:,}"
        return f"its weights are cut short: {lengths}; download or copy it again"
    return ""


def _broken_ir(path: Path) -> str:
    weights = weights_of_ir(path)
    needed, whole = model_folders.ir_weights(path)
    if not whole:
        return "it is cut short: it does not end with </net>; download or copy it again"
    return _part_refusal(weights, needed) if needed else ""


def _rename(path: Path, suffix: str) -> str:
    return f"mv {shell_path(str(path))} {shell_path(str(path.with_name(path.name + suffix)))}"
