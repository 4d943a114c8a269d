"""Which model a folder holds, as Ultralytics, optimum-intel, the Open Model Zoo, TensorFlow and Paddle leave them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ovtui.engine.errors import SetupError
from ovtui.engine.model import file_kinds
from ovtui.engine.model.huggingface import export_command, is_huggingface, main_snapshot
from ovtui.settings.listing import first_few_listed
from ovtui.settings.paths import shell_path

MAX_ENTRIES = 5000
"""Looked at in one folder, so that a folder of data costs little."""
MAX_FOLDERS = 64
"""Looked into on one level below a folder."""
MAX_DEPTH = 3
"""Levels below a folder: models--X/snapshots/REVISION (the cache of Hugging Face), intel/MODEL/FP16 (Open Model Zoo),
deployment/TASK/model (Geti)."""
NAMED = 6
"""Models or files that a sentence names."""
_SUFFIXES = (".xml", ".onnx", ".tflite", ".pb", ".pdmodel")
_MAIN = "openvino_model.xml"
_TOKENIZERS = ("openvino_tokenizer.xml", "openvino_detokenizer.xml")
_NO_MODELS = ("keras_metadata.pb", "fingerprint.pb")
_GRAPHS = ("saved_model.pb", "saved_model.pbtxt", "__model__")
_OTHER_MODELS = (
    *(".pt", ".pth", ".ckpt", ".pt2", ".torchscript", ".bin", ".safetensors", ".gguf", ".pkl", ".pickle", ".joblib"),
    *(".h5", ".hdf5", ".keras", ".json", ".prototxt", ".caffemodel", ".mlmodel", ".engine", ".plan", ".trt", ".param"),
    *(".rknn", ".hef", ".mnn", ".dlc", ".om", ".ort"),
    *(".dvc", ".zip", ".tar", ".tgz", ".gz", ".xz", ".bz2", ".zst", ".7z", ".rar"),
)
"""Endings of models in other formats, and of what a model comes packed in."""
_CHUNK = 1 << 20


def model_in(folder: Path, name: str) -> tuple[Path, str]:
    """The model of a folder, and a note where others lie beside it. The folder itself where it is a SavedModel or an
    old one of Paddle. Raises SetupError where it holds none, or several of which none is the main one. `name`: as the
    person spelled the folder."""
    try:
        names = _names(folder)
    except OSError as error:
        raise SetupError(f"{name}: this folder cannot be read: {error.strerror}") from None
    found = [path for path in _models(folder, names) if path.name not in _GRAPHS]
    if any(graph in names for graph in _GRAPHS):
        kind = "the TensorFlow SavedModel" if "__model__" not in names else "the Paddle model"
        return folder, f"{name} is read as {kind} in it; also there: {_list(folder, found)}" if found else ""
    found = found or _models_below(folder, names)
    if len(found) == 1:
        return found[0], ""
    top = main_snapshot(folder) or folder
    mine = [path for path in found if top in path.parents] or found
    folders = {top, top / "openvino"} if len({path.parent for path in mine}) > 1 else {path.parent for path in mine}
    main = [path for path in mine if path.name == _MAIN and path.parent in folders]
    models = [path for path in mine if path.name not in _TOKENIZERS] or mine
    for chosen in (mine, main, models):
        if len(chosen) == 1:
            others = [path for path in found if path != chosen[0]]
            return chosen[0], f"the model of {name} is {_short(folder, chosen[0])}; also there: {_list(folder, others)}"
    if found:
        example = shell_path(str(models[0]))
        raise SetupError(f"{name}: {len(found)} models are in this folder: {_list(folder, found)}; give one: {example}")
    raise SetupError(f"{name}: {_why_none(folder, names)}")


def parts_of(folder: Path) -> tuple[Path, list[Path]]:
    """The graph of a folder that is a model by itself, and the files of its weights."""
    graph = next(folder / name for name in _GRAPHS if (folder / name).exists())
    return graph, sorted((folder / "variables").glob("variables.*"))


def ir_weights(path: Path) -> tuple[int, bool]:
    """How many bytes of weights an IR needs, and whether it ends as an IR does. Reads the whole file.

    Raises OSError."""
    needed, rest = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            text = rest + chunk
            for tag in re.finditer(rb"<data\s[^>]*>", text):
                offset, size = (re.search(rb'\s%b="(\d{1,18})"' % key, tag[0]) for key in (b"offset", b"size"))
                if offset and size:
                    needed = max(needed, int(offset[1]) + int(size[1]))
            rest = text[max(0, text.rfind(b"<")) :][-_CHUNK:]
    return needed, rest.strip() == b"</net>" or rest.lstrip().startswith(b"<!--")


def _names(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry, _ in zip(entries, range(MAX_ENTRIES), strict=False))


def _models(folder: Path, names: list[str]) -> list[Path]:
    return [
        folder / name
        for name in names
        if name.lower().endswith(_SUFFIXES) and name not in _NO_MODELS and not name.startswith(".")
        and _is_model(folder / name)
    ] or [folder / name for name in names if name.endswith(".blob") and _is_file(folder / name)]  # fmt: skip


def _is_model(path: Path) -> bool:
    return _is_file(path) and (path.suffix.lower() != ".xml" or file_kinds.is_ir(path))


def _models_below(folder: Path, names: list[str]) -> list[Path]:
    """The models of the first level below a folder that has any."""
    level, seen = [(folder, names)], {_identity(folder)}
    for _ in range(MAX_DEPTH):
        level = [
            (path, _names_or_none(path))
            for path, _ in zip(_folders(level, seen), range(MAX_FOLDERS), strict=False)
        ]  # fmt: skip
        found = [
            model
            for path, names in level
            for model in ([path] if any(graph in names for graph in _GRAPHS) else _models(path, names))
        ]
        if found:
            return found
    return []


def _folders(level: list[tuple[Path, list[str]]], seen: set[tuple[int, int]]) -> Iterator[Path]:
    """The folders in those of a level, each once, whatever links lead to it: those that are no links first."""
    for above, names in level:
        below = [path for name in names if not name.startswith(".") and _is_folder(path := above / name)]
        for path in sorted(below, key=Path.is_symlink):
            if (identity := _identity_or_none(path)) is not None and identity not in seen:
                seen.add(identity)
                yield path


def _is_folder(path: Path) -> bool:
    """False also for a link into the folder of another user, beside which a model may lie."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.stat()
    return found.st_dev, found.st_ino


def _identity_or_none(folder: Path) -> tuple[int, int] | None:
    try:
        return _identity(folder)
    except OSError:  # gone since it was listed, or as /proc/1/cwd of another user
        return None


def _names_or_none(folder: Path) -> list[str]:
    try:
        return _names(folder)
    except OSError:
        return []


def _why_none(folder: Path, names: list[str]) -> str:
    if not names:
        return "an empty folder"
    there = set(names)
    if is_huggingface(there):
        return "a folder of Hugging Face without an OpenVINO or ONNX model; export it: " + export_command(folder)
    if ("Manifest.json" in there and "Data" in there) or folder.suffix.lower() == ".mlpackage":
        return file_kinds.COREML
    files = [folder / name for name in names if _is_file(folder / name)]
    for path in sorted(files, key=lambda each: each.suffix.lower() == ".json"):
        if reason := _why_no_model(path):
            return f"no model that OpenVINO reads is in this folder; {path.name} is {reason}"
    return f"no model is in this folder ({_list(folder, [folder / name for name in names])}); give a model file"


def _why_no_model(path: Path) -> str:
    """What a file is that could have been a model in another format; empty for notes and data."""
    suffix = path.suffix.lower()
    if suffix not in _OTHER_MODELS:
        return ""
    try:
        reason = file_kinds.refusal(path)
    except OSError:
        return ""
    if suffix == ".json" and not reason.startswith("a model"):
        return ""
    return reason or file_kinds.named_refusal(path)


def _short(folder: Path, path: Path) -> str:
    return str(path.relative_to(folder))


def _list(folder: Path, paths: list[Path]) -> str:
    return first_few_listed([_short(folder, path) for path in paths], NAMED)
