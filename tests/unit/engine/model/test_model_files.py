"""From the name of a model to its file: folders, parts of a model, and one sentence for what is none."""

from __future__ import annotations

import os
import socket
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from harness.onnx_bytes import onnx_bytes
from openvino import opset13 as op

from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.model_files import find_model
from ovtui.engine.model.read_model import model_label, read_model
from ovtui.records.events import Severity
from ovtui.settings.schema.settings import Settings

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5242880\n"


def ir(path: Path) -> Path:
    """An IR with 64 bytes of weights."""
    path.parent.mkdir(parents=True, exist_ok=True)
    x = op.parameter([1, 4], np.float32, name="x")
    y = op.matmul(x, op.constant(np.arange(16, dtype=np.float32).reshape(4, 4)), False, False)
    ov.save_model(ov.Model([op.result(y)], [x], "m"), path, compress_to_fp16=False)
    return path


def write(path: Path, content: str | bytes = b"") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(name: str | Path) -> str:
    """The sentence, of the whole way to OpenVINO."""
    with pytest.raises(SetupError) as caught:
        read_model(ov.Core(), Settings(model=str(name)))
    text = str(caught.value)
    assert "\n" not in text
    assert not text.endswith(":")
    return text


def read(name: str | Path) -> tuple[str, str]:
    """Label and note of a model that OpenVINO has read."""
    settings = Settings(model=str(name))
    notes: list[tuple[Severity, str]] = []
    assert len(read_model(ov.Core(), settings, notes).inputs) == 1
    return model_label(settings), "".join(text for _, text in notes)


def test_a_folder_with_one_model_is_that_model(tmp_path: Path) -> None:
    folder = ir(tmp_path / "yolo_openvino_model" / "yolo.xml").parent
    write(folder / "metadata.yaml", "stride: 32")
    write(folder / "labels.xml", "<annotation/>")
    assert read(folder) == ("yolo_openvino_model/yolo.xml", "")
    assert read(f"{folder}/") == ("yolo_openvino_model/yolo.xml", "")


def test_openvino_model_xml_is_the_one_of_several_and_the_others_are_named(tmp_path: Path) -> None:
    for name in ("openvino_model", "openvino_tokenizer", "openvino_detokenizer"):
        ir(tmp_path / "llm" / f"{name}.xml")
    label, note = read(tmp_path / "llm")
    assert label == "llm/openvino_model.xml"
    assert note.endswith("openvino_model.xml; also there: openvino_detokenizer.xml, openvino_tokenizer.xml")


def test_several_models_are_named_and_one_is_shown_to_be_pasted(tmp_path: Path) -> None:
    folder = tmp_path / "my models"
    for number in range(8):
        ir(folder / f"m{number}.xml")
    text = refused(folder)
    assert "8 models are in this folder: m0.xml, m1.xml, m2.xml, m3.xml, m4.xml, m5.xml and 2 more; give one: " in text
    assert text.endswith(f"'{folder}/m0.xml'")


@pytest.mark.parametrize("inner", ["onnx", "1", "FP16"])
def test_a_model_one_folder_below(tmp_path: Path, inner: str) -> None:
    write(tmp_path / "hub" / inner / "model.onnx", onnx_bytes())
    write(tmp_path / "hub" / "config.json", '{"architectures": ["BertModel"]}')
    assert read(tmp_path / "hub") == (f"hub/{inner}/model.onnx", "")


def test_sentence_transformers_keep_theirs_in_a_folder_openvino(tmp_path: Path) -> None:
    ir(tmp_path / "minilm" / "openvino" / "openvino_model.xml")
    ir(tmp_path / "minilm" / "openvino" / "openvino_model_qint8_quantized.xml")
    write(tmp_path / "minilm" / "onnx" / "model.onnx", onnx_bytes())
    assert read(tmp_path / "minilm")[0] == "minilm/openvino/openvino_model.xml"


def test_a_saved_model_and_paddles_folder_are_models_by_themselves(tmp_path: Path) -> None:
    saved = write(tmp_path / "yolo_saved_model" / "saved_model.pb", b"\x08\x01\x12\x00").parent
    write(saved / "yolo_float32.tflite", b"\x1c\0\0\0TFL3")
    assert find_model(str(saved)).path == str(saved)
    assert find_model(str(saved)).label == "yolo_saved_model"
    assert "yolo_float32.tflite" in find_model(str(saved)).note
    assert find_model(str(saved / "saved_model.pb")).path == str(saved)
    write(saved / "variables" / "variables.data-00000-of-00001", POINTER)
    assert "variables.data-00000-of-00001, are a Git LFS pointer" in refused(saved)
    paddle = write(tmp_path / "ocr" / "inference.pdmodel", b"\x0a\x00").parent
    write(paddle / "inference.pdiparams", b"\x00" * 9)
    assert find_model(str(paddle)).path == str(paddle / "inference.pdmodel")
    assert find_model(str(paddle / "inference.pdiparams")).path == str(paddle / "inference.pdmodel")


def test_a_folder_without_a_model_says_what_it_is(tmp_path: Path) -> None:
    hub = write(tmp_path / "bert" / "model.safetensors", b"\x02\0\0\0\0\0\0\0{}").parent
    write(hub / "config.json", '{"architectures": ["BertForSequenceClassification"]}')
    assert f"optimum-cli export openvino --model {hub} --task text-classification {hub}_openvino_model" in refused(hub)
    apple = write(tmp_path / "yolo.mlpackage" / "Manifest.json", "{}").parent
    assert "a Core ML model" in refused(apple)
    weights = write(tmp_path / "run" / "best.pt", b"PK\x03\x04" + b"\0" * 99).parent
    assert "best.pt is a PyTorch file" in refused(weights)
    (tmp_path / "none").mkdir()
    assert "an empty folder" in refused(tmp_path / "none")
    assert "no model is in this folder (a.txt)" in refused(write(tmp_path / "text" / "a.txt", "hello").parent)


def test_weights_stand_for_their_model(tmp_path: Path) -> None:
    model = ir(tmp_path / "m.xml")
    assert read(model.with_suffix(".bin")) == ("m.xml", "m.bin holds the weights of m.xml, which is the model")
    lone = write(tmp_path / "lone.bin", b"\x01\x02\x03" * 99)
    assert "weights without their model: lone.xml belongs beside it" in refused(lone)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda file: file.unlink(), "its weights are not there: "),
        (lambda file: file.write_bytes(b"1234"), "m.bin has 4 bytes of 64; download or copy it again"),
        (lambda file: file.write_text(POINTER), "m.bin, are a Git LFS pointer in place of the file of 5.24 MB"),
        (lambda file: (file.unlink(), os.mkfifo(file)), "its weights are no file"),
        (lambda file: (file.unlink(), file.symlink_to("gone")), "(a symbolic link to gone)"),
    ],
    ids=["missing", "short", "pointer", "pipe", "dangling"],
)
def test_damaged_weights_of_an_ir(tmp_path: Path, damage: Callable[[Path], object], words: str) -> None:
    # OpenVINO takes the text of a pointer for weights where it is long enough, and waits for ever for a pipe.
    model = ir(tmp_path / "m.xml")
    damage(model.with_suffix(".bin"))
    assert words in refused(model)


def test_weights_of_an_onnx_beside_it(tmp_path: Path) -> None:
    model = write(tmp_path / "m.onnx", onnx_bytes("m.onnx.data"))
    beside = tmp_path / "m.onnx.data"
    assert f"its weights are not there: {beside}" in refused(model)
    write(beside, b"\x00" * 9)
    assert "m.onnx.data has 9 bytes of 64" in refused(model)
    write(beside, POINTER)
    assert f"git -C {tmp_path} lfs pull" in refused(model)
    write(beside, b"\x00" * 64)
    assert read(model)[0] == read(beside)[0] == "m.onnx"


def test_content_and_not_the_ending_decides(tmp_path: Path) -> None:
    assert read(write(tmp_path / "model", onnx_bytes()))[0] == "model"
    assert read(write(tmp_path / "model.pt", onnx_bytes()))[0] == "model.pt"
    light = write(tmp_path / "m.bin", b"\x1c\0\0\0TFL3" + b"\0" * 30)
    assert refused(light.rename(tmp_path / "m.lite")).endswith(f"mv {tmp_path}/m.lite {tmp_path}/m.lite.tflite")


def test_a_model_that_was_cut(tmp_path: Path) -> None:
    assert "cut short, 26 bytes are missing at least" in refused(write(tmp_path / "m.onnx", onnx_bytes()[:-30]))
    model = ir(tmp_path / "m.xml")
    model.write_bytes(model.read_bytes()[:-40])
    assert "it does not end with </net>" in refused(model)
    assert "an empty file of 0 bytes" in refused(write(tmp_path / "e.onnx"))


def test_an_old_and_a_new_ir(tmp_path: Path) -> None:
    model = ir(tmp_path / "m.xml")
    text = model.read_text()
    model.write_text(text.replace('version="11"', 'version="7"', 1))
    assert "IR version 7, which OpenVINO no longer reads" in refused(model)
    model.write_text(text.replace('version="11"', 'version="12"', 1))
    assert refused(model).endswith("-m pip install --upgrade openvino")


def test_what_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "a pipe, not a file" in refused(tmp_path / "pipe")
    assert "a device, not a file" in refused("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    assert "a symbolic link that leads in a circle" in refused(tmp_path / "loop")
    (tmp_path / "link.onnx").symlink_to("gone.onnx")
    assert "a symbolic link to gone.onnx, which is not there" in refused(tmp_path / "link.onnx")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # the name of a socket is short
        server.bind("socket")
        assert "a socket, not a file" in refused("socket")
    assert "no such model file" in refused(tmp_path / "m.xml" / "x")
    assert "cannot be read: File name too long" in refused("a" * 300 + ".xml")
    assert "no file can have this name" in refused("a\0.xml")


def test_a_file_that_only_its_owner_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ir(tmp_path / "m.xml")
    monkeypatch.setattr(os, "access", lambda *_: False)  # a test may run as root
    assert "no permission to read it" in refused(model)


def test_a_name_that_is_not_utf_8_can_be_told(tmp_path: Path) -> None:
    ir(tmp_path / "m.xml")
    model = tmp_path / os.fsdecode(b"\xff\n.xml")
    for suffix in (".xml", ".bin"):
        (tmp_path / f"m{suffix}").rename(model.with_suffix(suffix))
    assert find_model(str(tmp_path)).label.endswith("\\xff\\n.xml")
    assert read(str(model)) == ("\\xff\\n.xml", "")


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    ir(tmp_path / "models" / "m.xml")
    assert read("~/models") == ("models/m.xml", "")
    np.save(tmp_path / "x.npy", np.full((1, 4), 7, np.float32))
    for text in ("~/x.npy", "x:~/x.npy"):
        inputs = inputs_for(Settings(input=text), ov.Core().read_model(tmp_path / "models" / "m.xml"))
        assert inputs._items[0][0].data.tolist() == [[7, 7, 7, 7]]


def test_archives(tmp_path: Path) -> None:
    model = ir(tmp_path / "m.xml")
    with zipfile.ZipFile(tmp_path / "my model.zip", "w") as packed:
        packed.write(model)
    assert refused(tmp_path / "my model.zip").endswith(f"unzip '{tmp_path}/my model.zip' -d '{tmp_path}/my model'")
    for name, kind in (("m.tar", "w"), ("m.tar.gz", "w:gz"), ("m.tgz", "w:gz"), ("m.tar.xz", "w:xz")):
        with tarfile.open(tmp_path / name, kind) as tape:  # type: ignore[call-overload]
            tape.add(model)
        command = "tar -xzf" if kind == "w:gz" else "tar -xf"
        assert refused(tmp_path / name).endswith(f"{command} {tmp_path / name}")


def test_a_folder_three_levels_above_its_model_is_that_model(tmp_path: Path) -> None:
    ir(tmp_path / "geti" / "deployment" / "Detection" / "model" / "model.xml")
    (tmp_path / "geti" / "deployment" / "again").symlink_to(tmp_path / "geti")
    (tmp_path / "geti" / "deployment" / "Other").symlink_to("Detection")
    assert read(tmp_path / "geti") == ("geti/deployment/Detection/model/model.xml", "")
    for precision in ("FP16", "FP32"):
        ir(tmp_path / "omz" / "intel" / "face" / precision / "face.xml")
    assert "2 models are in this folder: intel/face/FP16/face.xml, " in refused(tmp_path / "omz")


def test_of_the_snapshots_of_hugging_faces_cache_it_is_main(tmp_path: Path) -> None:
    folder = tmp_path / "models--org--llm"
    for revision in ("0a1", "0b2"):
        for name in ("openvino_model", "openvino_tokenizer"):
            ir(folder / "snapshots" / revision / f"{name}.xml")
    write(folder / "refs" / "main", "0b2\n")
    for given in (folder, folder / "snapshots"):
        label, note = read(given)
        assert label.endswith("snapshots/0b2/openvino_model.xml")
        assert "also there: " in note
    write(folder / "refs" / "main", "0c3")
    assert "4 models are in this folder" in refused(folder)


def test_the_example_of_several_models_is_no_tokenizer(tmp_path: Path) -> None:
    for name in ("detokenizer", "language_model", "tokenizer", "vision_embeddings_model"):
        ir(tmp_path / f"openvino_{name}.xml")
    assert refused(tmp_path).endswith("give one: " + str(tmp_path / "openvino_language_model.xml"))


def test_weights_whose_ending_has_capitals_are_read(tmp_path: Path) -> None:
    model = ir(tmp_path / "net.xml")
    model.rename(tmp_path / "NET.XML")
    (tmp_path / "net.bin").rename(tmp_path / "NET.BIN")
    for given in (tmp_path / "NET.XML", tmp_path / "NET.BIN"):
        assert read(given)[0] == "NET.XML"
    write(tmp_path / "NET.BIN", b"\1" * 8)
    assert "NET.BIN has 8 bytes of 64" in refused(tmp_path / "NET.XML")


def test_a_file_of_zeros_is_refused_at_once(tmp_path: Path) -> None:
    for ending in (".xml", ".onnx", ".tflite", ".pb", ".blob", ""):
        path = write(tmp_path / f"net{ending}")
        os.truncate(path, 10 << 30)  # takes no room
        with pytest.raises(SetupError, match="first 262,144 bytes are all zero"):
            find_model(str(path))


def test_an_empty_name_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="name of the model is empty"):
        find_model("")


def test_content_that_no_frontend_knows_says_what_to_do(tmp_path: Path) -> None:
    assert "give the file of a model" in refused(write(tmp_path / "net.onnx", bytes(range(200, 255))))


def test_a_saved_model_is_not_named_beside_itself(tmp_path: Path) -> None:
    write(tmp_path / "net" / "saved_model.pb", b"\x08\x01")
    assert find_model(str(tmp_path / "net")).note == ""


@pytest.mark.parametrize("name", ["two\nlines", "it's", 'quo"te', "-dash", "$HOME", "back\\slash\t", "\udcff", "a b"])
def test_a_command_can_be_pasted_into_bash(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with tarfile.open(f"{name}.tar", "w") as archive:
        archive.add(ir(tmp_path / "m.xml"), "inside.xml")
    command = refused(f"{name}.tar").rpartition(": ")[2]
    assert command.isprintable()
    subprocess.run(["bash", "-c", command], check=True)
    assert Path("inside.xml").is_file()
