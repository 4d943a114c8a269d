"""Operations that OpenVINO lacks: the libraries that bring them, and what is said where none does."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from harness.string_models import library_of, save_lower_case

from ovtui.engine.errors import SetupError, UsageError, detail_of
from ovtui.engine.model.extensions import _why_not_loaded, load_extensions, operations_hint
from ovtui.engine.model.read_model import read_model
from ovtui.settings.schema.settings import Settings


def refusal(extensions: str) -> str:
    with pytest.raises(UsageError) as refused:
        load_extensions(ov.Core(), Settings(extensions=extensions))
    return str(refused.value)


def test_a_library_brings_its_operations(
    tokenizers_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_lower_case(tokenizers_package, tmp_path / "lower.xml")
    with pytest.raises(SetupError) as missing:
        read_model(ov.Core(), Settings(model=str(path)))
    assert "Cannot create CaseFold layer" in str(missing.value)
    assert "; --extensions openvino-tokenizers loads it, once it is installed: " in str(missing.value)
    assert "unsupported opset: extension" in detail_of(missing.value)

    core = ov.Core()
    read = read_model(core, Settings(model=str(path), extensions=f" {library_of(tokenizers_package)} ,"))
    (told,) = core.compile_model(read, "CPU")([np.frombuffer(b"HELLO", np.uint8)]).values()
    assert told.tolist() == ["hello"]

    monkeypatch.syspath_prepend(str(tokenizers_package))
    for name in ("openvino-tokenizers", "openvino_tokenizers"):
        assert read_model(ov.Core(), Settings(model=str(path), extensions=name)).inputs
    assert "openvino_tokenizers" not in sys.modules


def test_what_is_no_library_is_refused_in_a_sentence(tmp_path: Path) -> None:
    assert refusal(f"{tmp_path}/no.so").endswith(
        "no.so: no such file; give the path of a library, or openvino-tokenizers"
    )
    assert refusal("~no-such-user/no.so").startswith("--extensions ~no-such-user/no.so: no such file")
    assert refusal(str(tmp_path)) == f"--extensions {tmp_path}: that is a folder; give the path of a library"
    os.mkfifo(tmp_path / "pipe.so")  # loading it would wait for a writer
    assert refusal(f"{tmp_path}/pipe.so").endswith("pipe.so: that is no file; give the path of a library")
    text = tmp_path / "text.so"
    text.write_text("x" * 1000)
    assert refusal(str(text)) == f"--extensions {text}: that is no library that can be loaded: invalid ELF header"
    other = next((Path(np.__file__).parent / "_core").glob("_multiarray_umath*.so"))
    assert refusal(str(other)).endswith("holds no extensions of OpenVINO (it has no create_extensions)")


def test_tokenizers_that_are_not_installed_name_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    release = str(ov.__version__).partition("-")[0]
    assert refusal("openvino-tokenizers") == (
        f"--extensions openvino-tokenizers: it is not installed here: {sys.executable} -m pip install "
        f"'openvino-tokenizers=={release}.*'"
    )


def test_a_library_for_another_openvino() -> None:
    release = str(ov.__version__).partition("-")[0]
    # The wheel 2025.1.0.0, loaded by 2026.4.1.
    said = _why_not_loaded(
        "Cannot add extension. Cannot find entry point to the extension library. This error happened: Cannot load "
        'library "/x/libopenvino_tokenizers.so": libopenvino.so.2510: cannot open shared object file: No such file or '
        "directory"
    )
    assert said == f"it was built for OpenVINO 2025.1.0, and {release} is installed here; install or build it for that"
    said = _why_not_loaded('Cannot load library "/x/l.so": /x/l.so: undefined symbol: _ZN2ov4NodeE')
    assert said == f"it was built for another OpenVINO than {release}, which is installed here (it lacks _ZN2ov4NodeE)"


@pytest.mark.parametrize(
    ("reason", "extensions", "hint"),
    [
        ("Cannot create MyTokenizer layer Relu_5 id:3 from unsupported opset: extension", "",
         "; a library with that operation can be loaded by --extensions LIB"),
        ("No conversion rule found for operations: com.microsoft.GreedySearch, my.Frob", "",
         "; a library with those operations can be loaded by --extensions LIB"),
        ("Cannot create StringTensorPack layer X id:3 from unsupported opset: extension", "openvino-tokenizers",
         "; a library with that operation can be loaded by --extensions LIB"),
        ("Opset opset1 doesn't contain the operation with type: Foo", "",
         "; a library with that operation can be loaded by --extensions LIB"),
        ("Incorrect weights in bin file!", "", ""),
    ],
)  # fmt: skip
def test_what_is_said_of_unknown_operations(reason: str, extensions: str, hint: str) -> None:
    assert operations_hint(reason, Settings(extensions=extensions)) == hint


def test_operations_that_tokenizers_bring_and_opsets_of_the_future() -> None:
    said = operations_hint("No conversion rule found for operations: StringNormalizer-17, Relu-17", Settings())
    assert said.startswith("; --extensions openvino-tokenizers loads such operations")
    newer = operations_hint("Cannot create ReLU layer Relu_5 id:3 from unsupported opset: opset99", Settings())
    assert newer.startswith("; the model is of a newer OpenVINO than 20")
