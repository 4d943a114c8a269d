"""What a file is that OpenVINO cannot read, and the command that makes a model of it."""

from __future__ import annotations

import gzip
import json
import pickle
import shlex
import zipfile
from pathlib import Path

import pytest

from ovtui.engine.model.file_kinds import named_refusal, refusal

SAFETENSORS = (2).to_bytes(8, "little") + b"{}"


def torch_file(path: Path, **entries: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in ({"data.pkl": b"\x80\x02}q\x00."} | entries).items():
            packed.writestr(f"archive/{name.replace('__', '/')}", content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("m.onnx", b"<!DOCTYPE html>\n<html>", "a web page (HTML)"),
        ("m.xml", b"\n <html lang='en'>", "a web page (HTML)"),
        ("m.xml", b"<?xml version='1.0'?>\n<!-- x --><annotation>", "its root is <annotation>"),
        ("m.xml", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an error message of a server"),
        ("m.onnx", b'{"error": "Repository not found"}', "a JSON text, not a model"),
        ("m.onnx", b"404: Not Found", "it begins with '404: Not Found'"),
        ("m.onnx", b"/annex/objects/SHA256E-s1--a.onnx\n", "a pointer of git-annex"),
        ("m.onnx.dvc", b"outs:\n- md5: 0123\n  path: m.onnx\n", "dvc pull"),
        ("config.json", b'{"architectures": ["BertForMaskedLM"]}', "a configuration of Hugging Face"),
        ("model.json", b'{"format": "graph-model", "modelTopology": {}}', "a model of TensorFlow.js"),
        ("m.h5", b"\x89HDF\r\n\x1a\n" + b"\0" * 9, "tf.keras.models.load_model("),
        ("m.gguf", b"GGUF\x03\0\0\0", "a model of llama.cpp (GGUF)"),
        ("m.safetensors", SAFETENSORS, "optimum-cli export openvino --model MODEL_ID FOLDER"),
        ("m.7z", b"7z\xbc\xaf\x27\x1c\0\0", "7z x "),
        ("m.rar", b"Rar!\x1a\x07\x01\x00", "unrar x "),
        ("m.onnx.zst", b"\x28\xb5\x2f\xfd\0", "zstd -d "),
        ("m.onnx.bz2", b"BZh9", "bzip2 -dk "),
        ("m.onnx.gz", gzip.compress(b"model", mtime=0), "gunzip -k "),
        ("m.ovtui", b"SQLite format 3\0", "ovtui replay "),
        ("m.npy", b"\x93NUMPY\x01\0", "--input "),
        ("m.png", b"\x89PNG\r\n\x1a\n", "--input "),
        ("m.pkl", pickle.dumps({"a": 1}), "a Python pickle"),
        ("m.pth", b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", "PyTorch weights without their network"),
        ("m.prototxt", b'name: "net"\nlayer {\n', "mo --input_model "),
        ("m.ort", b"\x1c\0\0\0ORTM", "ONNX Runtime's own format"),
        ("m.engine", b"ftrt\0\0", "a TensorRT engine"),
        ("m.param", b"7767517\n2 2\n", "a network of ncnn"),
        ("m.so", b"\x7fELF\x02", "a program or a library"),
    ],
)  # fmt: skip
def test_a_file_is_told_by_its_content(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert words in refusal(path)
    renamed = path.rename(tmp_path / "model.onnx")
    if name.endswith((".zst", ".bz2", ".7z", ".xml", ".onnx", ".h5", ".gguf")):
        assert words in refusal(renamed)


@pytest.mark.parametrize(
    "content",
    [b"\x08\x08\x12\x02me", b"\x1c\0\0\0TFL3", b"\x0a\x05hello", b"node {\n name: 'x'\n}", b'<net version="11">'],
)
def test_what_openvino_may_read_is_left_to_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model"
    path.write_bytes(content)
    assert refusal(path) == ""


def test_pytorch(tmp_path: Path) -> None:
    yolo = torch_file(tmp_path / "yolo 11.pt", **{"data.pkl": b"\x80\x02cultralytics.nn.tasks\nDetectionModel\n"})
    assert refusal(yolo).endswith(f"yolo export model='{yolo}' format=openvino")
    old = torch_file(tmp_path / "yolov5s.pt", **{"data.pkl": b"\x80\x02cmodels.yolo\nModel\n"})
    assert f"python export.py --weights {old} --include openvino" in refusal(old)
    script = torch_file(tmp_path / "net.pt", **{"constants.pkl": b"", "code____torch__.py": b""})
    command = shlex.split(refusal(script).partition("convert it: ")[2])
    assert command[:2] == ["python", "-c"]
    compile(command[2], "command", "exec")
    assert f'torch.jit.load("{script}")' in command[2]
    assert "PyTorch weights without their network" in refusal(torch_file(tmp_path / "pytorch_model.bin"))
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["GPT2LMHeadModel"]}))
    assert "--task text-generation-with-past" in refusal(tmp_path / "pytorch_model.bin")


def test_a_command_holds_the_path_as_a_shell_and_python_need_it(tmp_path: Path) -> None:
    path = tmp_path / 'it\'s "my" $model.h5'
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    words = shlex.split(refusal(path).partition("that folder: ")[2])
    assert repr(str(path)) in words[2]
    compile(words[2], "command", "exec")


def test_paddle_3(tmp_path: Path) -> None:
    path = tmp_path / "inference.json"
    path.write_text('{"base_code": {"magic": "pir", "version": 1}}')
    assert refusal(path).endswith(
        f"paddle2onnx --model_dir {tmp_path} --model_filename inference.json --params_filename inference.pdiparams "
        f"--save_file {tmp_path}/inference.onnx"
    )


@pytest.mark.parametrize("ending", [".pt", ".h5", ".keras", ".joblib", ".caffemodel", ".mlmodel", ".plan", ".rknn"])
def test_a_name_tells_where_the_content_does_not(ending: str) -> None:
    assert named_refusal(Path(f"model{ending}"))
    assert not named_refusal(Path("model.onnx"))


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "m.zip"
    path.write_bytes(b"PK\x03\x04")
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # a terabyte of nothing
    assert "a zip archive" in refusal(path)
