"""What a file that is no model of OpenVINO's is, by its first bytes, and the command that makes a model of it. Nothing
of this needs OpenVINO, and a large file costs no more than a small one."""

from __future__ import annotations

import os
import re
import shlex
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

from ovtui.engine.model.huggingface import HF_EXPORT, export_command
from ovtui.settings.paths import shell_path
from ovtui.settings.shown_text import in_quotes

HEAD_BYTES = 256 << 10
"""Read from the start; as much is read from the end of a zip file, where its list of names is."""
IR_VERSIONS = (10, 11)
"""Of the IRs that OpenVINO 2022.1 and later read; IR v7 and older went with 2022.1."""
LFS_MARK = b"version https://git-lfs.github.com/spec/"
_AGAIN = "download or copy it again"


def refusal(path: Path) -> str:
    """What the file is, and what to do, where its content says that OpenVINO cannot read it; empty for all others.
    Raises OSError."""
    head, size = _head(path)
    if not size:
        return f"an empty file of 0 bytes; {_AGAIN}"
    if len(head) >= 64 and not head.strip(b"\0"):
        return f"its first {len(head):,} bytes are all zero, as a download leaves them that did not end; {_AGAIN}"
    return pointer(path, head) or _by_magic(path, head, size) or _by_text(path, head)


def pointer(path: Path, head: bytes | None = None) -> str:
    """What stands in place of the file where that is elsewhere: Git LFS, git-annex, DVC. Raises OSError."""
    head = _head(path, 1024)[0] if head is None else head
    folder = shell_path(str(path.parent))
    if head.startswith(LFS_MARK):
        size = re.search(rb"^size (\d+)", head, re.MULTILINE)
        of = f" of {_bytes_text(int(size[1][:18]))}" if size else ""
        return f"a Git LFS pointer in place of the file{of}; fetch it: git -C {folder} lfs pull"
    if len(head) < 1024 and (head.startswith(b"/annex/objects/") or b".git/annex/objects/" in head):
        return (
            f"a pointer of git-annex in place of the file; fetch it: git -C {folder} annex get {shell_path(path.name)}"
        )
    if len(head) < 1024 and head.startswith(b"outs:") and b"md5:" in head:
        return f"a pointer of DVC in place of the file; fetch it: dvc pull {shell_path(str(path))}"
    return ""


def named_refusal(path: Path) -> str:
    """What the file's name says of it, once OpenVINO could not read it; empty where that is nothing."""
    suffix = path.suffix.lower()
    if suffix in (".pt", ".pth", ".ckpt", ".pt2", ".torchscript"):
        return _pytorch(path, b"")
    if suffix in (".h5", ".hdf5", ".keras"):
        return _keras(path)
    if suffix in (".pkl", ".pickle", ".joblib"):
        return _PICKLE
    if suffix in (".caffemodel", ".prototxt"):
        return _caffe(path)
    if suffix == ".mlmodel":
        return COREML
    if suffix in (".engine", ".plan", ".trt"):
        return _other("a TensorRT engine, built for one NVIDIA GPU")
    return _other(_OTHER_NAMES[suffix]) if suffix in _OTHER_NAMES else ""


def ir_refusal(path: Path) -> str:
    """Why an .xml that should be IR is none that this OpenVINO reads; empty where it may be one. Raises OSError."""
    found = _ir_version(_head(path, 8192)[0])
    if found is None or found in IR_VERSIONS:
        return ""
    if found < IR_VERSIONS[0]:
        return (
            f"IR version {found}, which OpenVINO no longer reads (since 2022.1), and no tool converts an IR; convert "
            "the model that it was made from again: ovc MODEL.onnx"
        )
    return (
        f"IR version {found}, which is newer than this OpenVINO: {shlex.quote(sys.executable)} -m pip install "
        "--upgrade openvino"
    )


def is_ir(path: Path) -> bool:
    """True for an .xml that is an IR, of whatever version, or a pointer to a file that is elsewhere."""
    try:
        head, size = _head(path, 8192)
    except OSError:
        return True  # reading it will say why
    return not size or bool(pointer(path, head)) or _root(head) == "net"


def _head(path: Path, limit: int = HEAD_BYTES) -> tuple[bytes, int]:
    """The first bytes and the size of a regular file. Never waits for another process, as opening a pipe does."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return os.read(fd, limit), os.fstat(fd).st_size
    finally:
        os.close(fd)


def _tail(path: Path, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, size - HEAD_BYTES))
        return file.read(HEAD_BYTES)


_UNPACK = (
    (0, b"\x37\x7a\xbc\xaf\x27\x1c", "a 7z archive", "7z x {}"),
    (0, b"Rar!\x1a\x07", "a RAR archive", "unrar x {}"),
    (0, b"\xfd7zXZ\x00", "a file packed by xz", "xz -dk {}"),
    (0, b"BZh", "a file packed by bzip2", "bzip2 -dk {}"),
    (0, b"\x28\xb5\x2f\xfd", "a file packed by zstd", "zstd -d {}"),
    (0, b"\x04\x22\x4d\x18", "a file packed by lz4", "lz4 -d {}"),
    (257, b"ustar", "a tar archive", "tar -xf {}"),
)
_OTHERS = (
    (0, b"SQLite format 3\0", "a recording, not a model (or another SQLite file)", "ovtui replay {}"),
    (0, b"\x93NUMPY", "a numpy array, which is data for an input", "ovtui MODEL --input {}"),
    (0, b"\x89PNG\r\n", "a picture, which is data for an input", "ovtui MODEL --input {}"),
    (0, b"\xff\xd8\xff", "a picture, which is data for an input", "ovtui MODEL --input {}"),
    (0, b"GIF8", "a picture, which is data for an input", "ovtui MODEL --input {}"),
    (8, b"WEBPVP8", "a picture, which is data for an input", "ovtui MODEL --input {}"),
)
_FOREIGN = (
    (0, b"ftrt", "a TensorRT engine, built for one NVIDIA GPU"),
    (0, b"ptrt", "a TensorRT engine, built for one NVIDIA GPU"),
    (0, b"RKNN", "a model compiled for Rockchip's NPU"),
    (0, b"\x01HEF", "a model compiled for a Hailo accelerator"),
    (4, b"ORTM", "a model in ONNX Runtime's own format (ORT)"),
    (0, b"7767517", "a network of ncnn"),
    (0, b"\x7fELF", "a program or a library, not a model"),
)
_OTHER_NAMES = {
    ".rknn": "a model compiled for Rockchip's NPU",
    ".hef": "a model compiled for a Hailo accelerator",
    ".mnn": "a model of MNN",
    ".weights": "weights of Darknet (YOLOv2 to YOLOv4)",
    ".param": "a network of ncnn",
    ".dlc": "a model of Qualcomm's SNPE",
    ".om": "a model compiled for an Ascend NPU",
    ".ort": "a model in ONNX Runtime's own format (ORT)",
}
COREML = (
    "a Core ML model, which no tool converts back; export the original again, a YOLO by Ultralytics with: yolo export "
    "model=WEIGHTS.pt format=openvino"
)
_PICKLE = (
    "a Python pickle, which is no graph of operations; convert the object in Python: a network by "
    "openvino.convert_model(MODEL, example_input=DATA), scikit-learn's to ONNX by skl2onnx.to_onnx(MODEL, DATA)"
)

_PADDLE_WEIGHTS = (
    "weights of Paddle without their network; export both in Python, where the network's code is: "
    "paddle.onnx.export(NETWORK, NAME, input_spec=SPEC)"
)


def _other(what: str) -> str:
    return f"{what}; OpenVINO reads the ONNX file or the original that it was made from"


def _by_magic(path: Path, head: bytes, size: int) -> str:
    shown = shell_path(str(path))
    for at, magic, what, command in _UNPACK:
        if head.startswith(magic, at):
            command = "tar -xf {}" if _packed_tar(path.name) else command
            return f"{what}; unpack it and give the model in it: {command.format(shown)}"
    for at, magic, what, command in _OTHERS:
        if head.startswith(magic, at):
            return f"{what}: {command.format(shown)}"
    for at, magic, what in _FOREIGN:
        if head.startswith(magic, at):
            return _other(what)
    for matches, tell in _KINDS:
        if matches(head):
            return tell(path, head, size)
    return ""


def _packed_tar(name: str) -> bool:
    return bool(re.search(r"\.(tar\.\w+|tgz|tbz2?|txz|tzst)$", name, re.IGNORECASE))


def _gzip(path: Path, head: bytes, size: int) -> str:  # noqa: ARG001
    try:
        inside = zlib.decompressobj(wbits=31).decompress(head, 512)
    except zlib.error:
        inside = b""
    if inside.startswith(b"ustar", 257) or _packed_tar(path.name):
        return f"a tar archive packed by gzip; unpack it and give the model in it: tar -xzf {shell_path(str(path))}"
    shown = shell_path(str(path))
    command = f"gunzip -k {shown}" if path.suffix.lower() == ".gz" else f"gunzip -c < {shown} > MODEL"
    return f"a file packed by gzip; unpack it: {command}"


def _zip(path: Path, head: bytes, size: int) -> str:
    names = head + (_tail(path, size) if size > HEAD_BYTES else b"")
    suffix = path.suffix.lower()
    if b"data.pkl" in names or b"serialized_exported_program.json" in names or b"archive_format" in names:
        return _pytorch(path, names)
    if suffix in (".pt", ".pth", ".ckpt", ".pt2", ".torchscript"):
        return _pytorch(path, b"")
    if suffix == ".keras" or b"model.weights.h5" in names:
        return _keras(path)
    if suffix == ".npz":
        return f"numpy arrays, which are data for inputs: ovtui MODEL --input {shell_path(str(path))}"
    if b".mlmodel" in names:
        return COREML
    folder = shell_path(str(path.with_suffix("") if path.suffix else path.with_name(f"{path.name}_unpacked")))
    return f"a zip archive; unpack it and give the model in it: unzip {shell_path(str(path))} -d {folder}"


def _pytorch(path: Path, content: bytes) -> str:
    """`content`: what is known of the file's bytes."""
    shown, suffix = shell_path(str(path)), path.suffix.lower()
    yolo = f"yolo export model={shown} format=openvino"
    if b"serialized_exported_program.json" in content or b"archive_format" in content or suffix == ".pt2":
        return f"a program of torch.export; convert it: {_by_python('torch.export.load', path)}"
    if b"constants.pkl" in content or b"code/__torch__" in content or suffix == ".torchscript":
        return f"TorchScript; convert it: {_by_python('torch.jit.load', path)}"
    if b"ultralytics" in content:
        return f"PyTorch weights of a YOLO by Ultralytics; export them: {yolo}"
    if b"models.yolo" in content:
        return (
            "PyTorch weights of YOLOv5 or YOLOv7; export them in its repository: python export.py --weights "
            f"{shown} --include openvino"
        )
    by_hand = (
        "openvino.convert_model(NETWORK, example_input=DATA) in Python, where the network's code is, and "
        f"openvino.save_model to {shell_path(path.stem + '.xml')}"
    )
    if (path.parent / "config.json").is_file():
        return f"PyTorch weights in a folder of Hugging Face; export that: {export_command(path.parent)}"
    if content:
        return f"PyTorch weights without their network; convert them by {by_hand}"
    return f"a PyTorch file; export it, if it is a YOLO by Ultralytics: {yolo}; any other: {by_hand}"


def _by_python(load: str, path: Path) -> str:
    target = _literal(str(path.with_suffix(".xml")))
    code = f"import torch, openvino as ov; ov.save_model(ov.convert_model({load}({_literal(str(path))})), {target})"
    return f"python -c {shlex.quote(code)}"


def _literal(text: str) -> str:
    """A text in Python's code, within double quotes, which a shell's quoting leaves as they are."""
    return repr(text) if '"' in text or "\\" in text or not text.isprintable() else f'"{text}"'


def _keras(path: Path) -> str:
    load, target = _literal(str(path)), _literal(str(path.with_name(f"{path.stem}_saved_model")))
    code = f"import tensorflow as tf; tf.keras.models.load_model({load}).export({target})"
    return f"a Keras model; export it as a SavedModel and give that folder: python -c {shlex.quote(code)}"


def _caffe(path: Path) -> str:
    shown = " ".join(
        f"{flag} {shell_path(str(path.with_suffix(suffix)))}"
        for flag, suffix in (("--input_model", ".caffemodel"), ("--input_proto", ".prototxt"))
    )
    return (
        "a Caffe model, which OpenVINO reads no more since 2024.0; convert it with openvino-dev 2023.3 (Python 3.8 to "
        f"3.11): mo {shown}"
    )


def _safetensors(path: Path, *_: object) -> str:
    if (path.parent / "adapter_config.json").is_file():
        return f"an adapter (LoRA) of another model; merge the two, save that and export it: {HF_EXPORT}"
    if (path.parent / "config.json").is_file():
        return f"weights (safetensors) in a folder of Hugging Face; export that: {export_command(path.parent)}"
    return f"weights (safetensors) without their network; export the model that they belong to: {HF_EXPORT}"


def _is_safetensors(head: bytes) -> bool:
    return head[8:10] in (b'{"', b"{}") and head[5:8] == b"\0\0\0"


_KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[Path, bytes, int], str]], ...] = (
    (lambda head: head.startswith(b"\x1f\x8b"), _gzip),
    (lambda head: head.startswith((b"PK\x03\x04", b"PK\x05\x06")), _zip),
    (lambda head: head.startswith(b"\x89HDF\r\n\x1a\n"), lambda path, *_: _keras(path)),
    (
        lambda head: head.startswith(b"GGUF"),
        lambda *_: f"a model of llama.cpp (GGUF); export the one that it was made from: {HF_EXPORT}",
    ),
    (_is_safetensors, _safetensors),
    (
        lambda head: (
            head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05") and b"\x8a\x0a" in head[:4]
        ),
        lambda path, head, _: _pytorch(path, head),
    ),
    (
        lambda head: bool(re.match(rb"\x80[\x02-\x05][\x95}cX(]", head)),
        lambda path, *_: _PADDLE_WEIGHTS if path.suffix.lower() == ".pdparams" else _PICKLE,
    ),
)


def _by_text(path: Path, head: bytes) -> str:
    """What a text is; empty for what is no text, for IR, and for a text graph of TensorFlow."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096]
    lower = start[:512].lower()
    if lower.startswith((b"<!doctype html", b"<html", b"<head", b"<body")) or _root(head).lower() == "html":
        return (
            "a web page (HTML), which was saved in place of the file; download the file by its raw or download link: "
            f"curl -fL -o {shell_path(str(path))} URL"
        )
    if start.startswith(b"<"):
        root = _root(head)
        if root == "net" or not root:
            return ir_refusal(path)
        what = "an error message of a server" if root.lower() == "error" else f"an XML file, but its root is <{root}>"
        return f"{what}, and that of an IR is <net>; give the .xml of a model, or {_AGAIN}"
    if re.match(rb"\{\s*[\"}]|\[\s*[\[{\"\d\]-]", start):
        return _json(path, start)
    if not _is_text(head[:4096]) or re.match(rb"(node|library|versions|meta_graphs?|saved_model\w*)\s*\{", start):
        return ""
    if path.suffix.lower() == ".prototxt":
        return _caffe(path)
    line = start.splitlines()[0][:80].decode(errors="replace").strip() if start else ""
    return f"a text, not a model; it begins with {in_quotes(line)}; give the model's file, or {_AGAIN}"


def _json(path: Path, start: bytes) -> str:
    if not _is_text(start):
        return ""
    if re.search(rb'"magic"\s*:\s*"pir"', start):
        return (
            "a model of Paddle 3 (PIR, as JSON); convert it: paddle2onnx --model_dir "
            f"{shell_path(str(path.parent))} --model_filename {shell_path(path.name)} --params_filename "
            f"{shell_path(path.stem + '.pdiparams')} --save_file {shell_path(str(path.with_suffix('.onnx')))}"
        )
    if re.search(rb'"(architectures|model_type|_class_name|_diffusers_version)"', start):
        return f"a configuration of Hugging Face; export its folder: {export_command(path.parent)}"
    if re.search(rb'"(modelTopology|weightsManifest)"|"format"\s*:\s*"(graph|layers)-model"', start):
        return "a model of TensorFlow.js; give the SavedModel or Keras model that it was made from"
    if b'"mxnet_version"' in start or b'"arg_nodes"' in start:
        return "a network of MXNet, which OpenVINO reads no more since 2024.0; give the ONNX file or the original"
    line = " ".join(start[:400].decode(errors="replace").split())[:80]
    return f"a JSON text, not a model: {in_quotes(line)}; give the model's file, or {_AGAIN}"


def _is_text(data: bytes) -> bool:
    if re.search(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]", data):
        return False
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start > len(data) - 4  # a letter that the cut has divided
    return True


def _root(head: bytes) -> str:
    """The name of an XML's root element; empty where it is none."""
    found = re.match(
        rb"(?:\xef\xbb\xbf)?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<([\w:.-]+)", head, re.DOTALL
    )
    return found[1].decode(errors="replace")[:60] if found else ""


def _ir_version(head: bytes) -> int | None:
    """The version of the IR that begins so; None where it is no IR or tells none."""
    if _root(head) != "net":
        return None
    tag = head[head.find(b"<net") :].partition(b">")[0]
    found = re.search(rb"""\sversion\s*=\s*["'](\d{1,9})["']""", tag)
    return int(found[1]) if found else None


def _bytes_text(size: int) -> str:
    number, unit = float(size), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):  # noqa: B007
        if number < 1000:
            break
        number /= 1000
    return f"{number:.3g} {unit}"
