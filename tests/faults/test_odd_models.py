"""Models and input data that cannot be read or held: one sentence, at once, before memory is taken."""

from __future__ import annotations

import ctypes
import io
import os
import re
import socket
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from harness.fault_table import Fault, id_of
from harness.fixture_types import Headless, StartProgram
from harness.program import ovtui
from harness.reading import completed, segment
from openvino import opset13 as op

from ovtui.engine import free_memory
from ovtui.engine.errors import SetupError, UsageError
from ovtui.engine.free_memory import Memory
from ovtui.engine.model.builtin_models import BUILTIN
from ovtui.engine.model.inputs import inputs_for
from ovtui.engine.model.model_files import find_model
from ovtui.engine.model.read_model import read_model
from ovtui.settings.schema.settings import Settings

_FILES = "files"
LARGE = "[1,3,100000,100000]"


@dataclass(frozen=True)
class Odd(Fault):
    make: Callable[[Path], str] = str
    """Makes what is given, and returns its name."""
    said: str = ""


def _fifo(folder: Path, name: str) -> str:
    os.mkfifo(folder / name)
    return str(folder / name)


def _socket(folder: Path) -> str:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(folder / "s"))
    return str(folder / "s")


def _link(folder: Path, to: str) -> str:
    (folder / "link.onnx").symlink_to(to)
    return str(folder / "link.onnx")


def _empty(folder: Path, name: str) -> str:
    (folder / name).touch()
    return str(folder / name)


def _sparse(folder: Path, name: str, size: int) -> str:
    os.truncate(_empty(folder, name), size)
    return str(folder / name)


def _weights_pipe(folder: Path) -> str:
    ov.save_model(BUILTIN["demo-matmul"](), folder / "m.xml")
    (folder / "m.bin").unlink()
    os.mkfifo(folder / "m.bin")
    return str(folder / "m.xml")


MODELS = [
    Odd("a pipe as the model", "a pipe, not a file", 4, _FILES, lambda p: _fifo(p, "m.onnx"), "a pipe, not a file"),
    Odd("a device as the model", "a device, not a file", 4, _FILES, lambda _: "/dev/zero", "a device, not a file"),
    Odd("a socket as the model", "a socket, not a file", 4, _FILES, _socket, "a socket, not a file"),
    Odd("an empty folder as the model", "an empty folder", 4, _FILES, str, "an empty folder"),
    Odd("an empty file as the model", "an empty file", 4, _FILES, lambda p: _empty(p, "m.xml"), "an empty file of 0"),
    Odd("a link to nothing", "a symbolic link to gone", 4, _FILES, lambda p: _link(p, "gone"), "which is not there"),
    Odd("a link to itself", "leads in a circle", 4, _FILES, lambda p: _link(p, "link.onnx"), "leads in a circle"),
    Odd("a name of 300 characters", "too long", 4, _FILES, lambda p: str(p / ("a" * 300)), "File name too long"),
    Odd("a path of 6,000 characters", "too long", 4, _FILES, lambda p: str(p) + "/a" * 3000, "File name too long"),
    Odd("zeros of 5 GB as the model", "all zero", 4, _FILES, lambda p: _sparse(p, "m.onnx", 5 << 30), "are all zero"),
    Odd("a pipe as the weights", "its weights are no file", 4, _FILES, _weights_pipe, "its weights are no file"),
]  # fmt: skip


def _npy(shape: str, kind: str = "<f4", content: bytes = bytes(100)) -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def _file(name: str, data: bytes) -> Callable[[Path], str]:
    def make(folder: Path) -> str:
        (folder / name).write_bytes(data)
        return str(folder / name)

    return make


def _npz(shape: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("matrix.npy", _npy(shape, content=bytes(4 << 20)))
    return packed.getvalue()


def _mapped_f64(folder: Path) -> str:
    path = folder / "x.npy"
    path.write_bytes(_npy("(100000000, 4096)", "<f8"))
    os.truncate(path, path.stat().st_size - 100 + 100_000_000 * 4096 * 8)
    return str(path)


def _folder_with_pipe(folder: Path) -> str:
    _fifo(folder, "x.npy")
    return str(folder)


def _picture() -> bytes:
    """The head of a PNG of 65,535 x 65,535."""
    head = b"IHDR" + struct.pack(">IIBBBBB", 65_535, 65_535, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + b"\0\0\0\x08IDAT"


INPUTS = [
    Odd("a pipe as input data", "a pipe or a device", 2, _FILES, lambda p: _fifo(p, "x.npy"), "a pipe or a device"),
    Odd("a pipe in a folder of input data", "a pipe or a device", 2, _FILES, _folder_with_pipe, "a pipe or a device"),
    Odd("input data in a circle of links", "levels of links", 2, _FILES, lambda p: _link(p, "link.onnx"), "links"),
    Odd("input data of a name of 300 characters", "too long", 2, _FILES, lambda p: str(p / ("a" * 300)), "too long"),
    Odd(".npy whose header says 112 GiB", "the file is shorter", 2, _FILES, _file("x.npy", _npy("(1,3,100000,100000)")),
        "its header says [1,3,100000,100000] of float32, 120,000,000,000 bytes, and it has 100"),
    Odd(".npy of 2**126 elements", "the file is shorter", 2, _FILES,
        _file("x.npy", _npy(f"({2**63 - 1}, {2**63 - 1})")),
        "its header says [9223372036854775807,9223372036854775807]"),
    Odd(".npy of a negative shape", "cannot be read", 2, _FILES, _file("x.npy", _npy("(-1,3)")), "has a negative"),
    Odd(".npy of 3 TB that has to be converted", "does not fit", 2, _FILES, _mapped_f64, "and 8.0 GiB are free"),
    Odd(".npz whose header says 112 GiB", "it is shorter", 2, _FILES, _file("x.npz", _npz("(1,3,100000,100000)")),
        "its header says [1,3,100000,100000]"),
    Odd(".npy with a dimension of True", "is no number", 2, _FILES, _file("x.npy", _npy("(True, 64)")), "is no number"),
    Odd(".npy with code as its header", "it is damaged", 2, _FILES,
        _file("x.npy", _npy("(1,)").replace(b"{'descr'", b"exit()[1]")), "its header is damaged"),
    Odd("a picture of 65,535 x 65,535", "over Pillow's limit", 2, _FILES, _file("x.png", _picture()), "exceeds limit"),
]  # fmt: skip
SHAPE = Fault("a --shape of 112 GiB", "takes 111.8 GiB, and this machine has less", 4, _FILES)
OVERFLOW = Fault("a --shape whose product is beyond 64 bits", "takes 8.9e+20 GiB, and this machine has less", 4, _FILES)
BEYOND = Fault("a dimension of 2**63", "is no dimension; the largest is 281,474,976,710,656", 2, _FILES)
PERMISSION = Fault("a model without permission", "no permission to read it", 4, _FILES)
SCREEN = Fault("a --shape of 112 GiB on the dashboard", "the reason is shown, q ends with the same code", 4, _FILES)
SWAP = Fault("a batch that does not fit, applied while it serves", "refused; the old engine goes on", None, _FILES)
INSPECTED = Fault("ovtui inspect with a --shape of 112 GiB", "takes 111.8 GiB, and this machine has less", 4, _FILES)
MANY = Fault("a folder of 2,000 files as input data", "the first 1,000 are used, and it is said", 0, _FILES)
FAULTS: list[Fault] = [*MODELS, *INPUTS, SHAPE, OVERFLOW, BEYOND, PERMISSION, SCREEN, SWAP, INSPECTED, MANY]


@pytest.fixture
def small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """8 GiB free of 16."""
    monkeypatch.setattr(free_memory, "memory", lambda: Memory(8 << 30, 16 << 30))


@pytest.mark.parametrize("fault", MODELS, ids=id_of)
def test_what_is_no_model_is_refused_in_one_sentence(tmp_path: Path, fault: Odd) -> None:
    with pytest.raises(SetupError, match=re.escape(fault.said)) as caught:
        find_model(fault.make(tmp_path))
    assert len(str(caught.value)) < 1000
    assert not isinstance(caught.value, UsageError)


@pytest.mark.usefixtures("small_machine")
@pytest.mark.parametrize("fault", INPUTS, ids=id_of)
def test_input_data_is_asked_for_its_size_first(tmp_path: Path, fault: Odd) -> None:
    picture = fault.case.startswith("a picture")
    model = BUILTIN["demo-cnn" if picture else "demo-matmul"]()
    with pytest.raises(UsageError, match=re.escape(fault.said)):
        inputs_for(Settings(input=fault.make(tmp_path)), model)


@pytest.mark.usefixtures("small_machine")
@pytest.mark.parametrize(
    ("fault", "shape", "kind"),
    [
        (SHAPE, LARGE, SetupError),
        (OVERFLOW, "[1,3,281474976710656,281474976710656]", SetupError),
        (BEYOND, "[1,3,9223372036854775808,1]", UsageError),
        (BEYOND, "[1,3,9223372036854775807,1]", UsageError),
        (BEYOND, f"[1,3,{'9' * 5000},1]", UsageError),
    ],
)
def test_a_shape_is_counted_before_it_is_compiled(fault: Fault, shape: str, kind: type[SetupError]) -> None:
    with pytest.raises(kind, match=re.escape(fault.outcome.replace("less", "16.0 GiB of memory"))) as caught:
        read_model(ov.Core(), Settings(shape=shape))
    assert (type(caught.value) is UsageError) is (fault.code == 2)


def test_a_folder_of_many_files_is_listed_once(tmp_path: Path) -> None:
    whole = np.zeros((64, 64), np.float32)
    np.save(tmp_path / "0.npy", whole)
    for number in range(1, 2_000):
        os.link(tmp_path / "0.npy", tmp_path / f"{number}.npy")
    inputs = inputs_for(Settings(input=str(tmp_path)), BUILTIN["demo-matmul"]())
    assert [text for _, text in inputs.notes] == [f"--input {tmp_path}: the first 1,000 of 2,000 files are used"]


def _without_override() -> None:
    """In the new process: root, too, may read only what the mode of a file allows."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_a_model_without_permission(tmp_path: Path, program_env: dict[str, str], no_leftovers: None) -> None:
    model = tmp_path / "m.onnx"
    model.write_bytes(b"x")
    model.chmod(0)
    done = subprocess.run(
        ovtui("inspect", str(model)), env=program_env, capture_output=True, text=True, timeout=120, check=False,
        preexec_fn=_without_override,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == f"ovtui: {model}: no permission to read it\n"


def test_a_link_into_a_closed_folder_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another user sees /proc/1/cwd."""
    ov.save_model(BUILTIN["demo-matmul"](), tmp_path / "below" / "m.xml")
    closed, is_dir, is_file = tmp_path / "closed", Path.is_dir, Path.is_file

    def refusing(ask: Callable[[Path], bool]) -> Callable[[Path], bool]:
        def asked(path: Path) -> bool:
            if path == closed:
                raise PermissionError(13, "Permission denied", str(path))
            return ask(path)

        return asked

    closed.mkdir()
    monkeypatch.setattr(Path, "is_dir", refusing(is_dir))
    monkeypatch.setattr(Path, "is_file", refusing(is_file))
    assert find_model(str(tmp_path)).path == str(tmp_path / "below" / "m.xml")


def test_inspect_counts_a_shape_too(headless: Headless) -> None:
    done = headless("inspect", "--shape", "[1,3,10000000,10000000]")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("ovtui: image [1,3,10000000,10000000] takes 1,117,587.1 GiB, and this machine has")
    assert len(done.stderr.splitlines()) == 1


def test_the_dashboard_shows_why_a_shape_does_not_fit(start: StartProgram) -> None:
    program = start("-d", "CPU", "--shape", "[1,3,10000000,10000000]", columns=80, rows=24)
    program.wait_for("takes 1,117,587.1 GiB")
    program.keys("s")
    program.wait_for("SETTINGS")
    program.keys("escape", "q")
    assert program.wait() == 4
    program.assert_terminal_restored()
    assert "takes 1,117,587.1 GiB" in program.text


def test_a_batch_that_does_not_fit_is_refused_and_the_load_goes_on(start: StartProgram, tmp_path: Path) -> None:
    image = op.parameter([1, 1, 10, 1_000_000], np.uint8, name="x")
    small = op.slice(image, [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1], [0, 1, 2, 3])
    ov.save_model(ov.Model([op.relu(op.convert(small, "f32"))], [image], "wide"), tmp_path / "wide.xml")
    program = start(str(tmp_path / "wide.xml"), "-d", "CPU", "--nireq", "1")
    program.wait_for(lambda text: completed(text) > 5)
    program.keys("s")
    program.wait_for("SETTINGS")
    program.type("b65535\r")
    program.wait_for("1 staged")
    program.keys("x")
    text = program.wait_for("REFUSED")
    assert segment(text) == 1
    now = completed(text)
    program.wait_for(lambda text: completed(text) > now + 5)
    program.keys("q")
    assert program.wait() == 0
