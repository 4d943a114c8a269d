"""Models with operations of openvino-tokenizers, made on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as op
from openvino.utils.node_factory import NodeFactory

_FACTORIES: list[NodeFactory] = []
"""A factory that goes before its operations do unloads their code, and Python crashes."""


def library_of(package: Path) -> Path:
    """The library of openvino_tokenizers in the folder that holds the package."""
    return package / "openvino_tokenizers" / "lib" / "libopenvino_tokenizers.so"


def save_lower_case(package: Path, path: Path) -> Path:
    """A model of five characters (u8) in, one string in lower case out: three operations of openvino-tokenizers."""
    factory = NodeFactory()
    _FACTORIES.append(factory)
    factory.add_extension(str(library_of(package)))
    characters = op.parameter([5], np.uint8, name="characters")
    characters.output(0).set_names({"characters"})
    begins, ends = op.constant(np.array([0], np.int32)), op.constant(np.array([5], np.int32))
    parts = [begins.output(0), ends.output(0), characters.output(0)]
    lower = factory.create("CaseFold", parts, {"encoding": ""})
    text = factory.create("StringTensorPack", list(lower.outputs()))
    ov.save_model(ov.Model([op.result(text.output(0))], [characters], "lower"), path)
    return path
