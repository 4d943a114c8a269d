"""Libraries with operations of their own (`--extensions`), loaded before the model is read; and what is said of a model
whose operations no library brings."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import openvino as ov

from ovtui.engine.errors import UsageError, reason_of
from ovtui.engine.model.file_limits import why_unreachable
from ovtui.engine.model.odd_paths import file_way
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.settings import Settings

TOKENIZERS = "openvino-tokenizers"
"""The package whose library can be named without its path."""
_PACKAGE = "openvino_tokenizers"
_LIBRARIES = {"darwin": f"lib{_PACKAGE}.dylib", "win32": f"{_PACKAGE}.dll"}
_OF_TOKENIZERS = frozenset(
    (
        "BPETokenizer", "ByteFallback", "BytesToChars", "CaseFold", "CharsMapNormalization", "CharsToBytes",
        "CombineSegments", "ContribStringJoin", "ContribStringSplit", "EqualStr", "FuzeRagged", "NormalizeUnicode",
        "NumericToString", "RaggedTensorPack", "RaggedToDense", "RaggedToRagged", "RaggedToSparse",
        "RegexNormalization", "RegexSplit", "SentencepieceDetokenizer", "SentencepieceStreamDetokenizer",
        "SentencepieceTokenizer", "SpecialTokensSplit", "StringTensorPack", "StringTensorUnpack",
        "StringToHashBucket", "TrieTokenizer", "Truncate", "UTF8Validate", "UnigramTokenizer", "VocabDecoder",
        "VocabEncoder", "WordpieceTokenizer",
        # TensorFlow's and ONNX's, which its library converts.
        "AsString", "CaseFoldUTF8", "LookupTableFind", "LookupTableFindV2", "NormalizeUTF8", "RaggedTensorToSparse",
        "RaggedTensorToTensor", "RegexSplitWithOffsets", "SentencepieceOp", "StaticRegexReplace", "StringLower",
        "StringNormalizer", "StringSplitV2", "StringToHashBucketFast", "VectorToString",
        "WordpieceTokenizeWithOffsets",
    )
)  # fmt: skip
"""Operations that openvino-tokenizers 2026.4.1 brings: the names in its library."""
_NO_OPSET = re.compile(r"Cannot create (\S+) layer .* from unsupported opset: (\S+)")
_NOT_IN_OPSET = re.compile(r"Opset \S+ doesn't contain the operation with type: (\S+)")
_NOT_CONVERTED = re.compile(r"No conversion rule found for operations: ([^;]+)")
_OWN_OPSET = re.compile(r"opset\d+")
_NEEDED_LIBRARY = re.compile(r"libopenvino\.so\.(\d{2})(\d)(\d): cannot open")
_LOADER = re.compile(r"Cannot load library \".*?\": (?:\S*: )?(.+)$")


def load_extensions(core: ov.Core, settings: Settings) -> None:
    """Loads the libraries of the settings; some 1 ms each. Raises UsageError where one cannot be loaded."""
    for name in filter(None, (part.strip() for part in settings.extensions.split(","))):
        path = _tokenizers() if name.replace("_", "-").lower() == TOKENIZERS else _file(name)
        try:
            core.add_extension(file_way(path))
        except UnicodeEncodeError:
            raise UsageError(
                f"--extensions {name}: OpenVINO loads no library whose own name is not UTF-8; rename it"
            ) from None
        except (RuntimeError, UnicodeDecodeError) as error:
            raise UsageError(f"--extensions {name}: {_why_not_loaded(reason_of(error))}") from None


def operations_hint(reason: str, settings: Settings) -> str:
    """A suffix for OpenVINO's reason not to read a model: which library may bring the operations that it lacks. Empty
    for other reasons."""
    if found := _NO_OPSET.search(reason):
        if _OWN_OPSET.fullmatch(found[2]):
            return f"; the model is of a newer OpenVINO than {_version()}, which is installed here"
        names = [found[1]]
    elif found := (_NOT_IN_OPSET.search(reason) or _NOT_CONVERTED.search(reason)):
        names = found[1].split(", ")
    else:
        return ""
    # 'com.microsoft.GreedySearch', 'StringNormalizer-17': the domain before, the version of the opset behind.
    kinds = [re.sub(r"-\d+$", "", name.strip().rpartition(".")[2]) for name in names]
    loaded = TOKENIZERS in settings.extensions.replace("_", "-").lower()
    if not loaded and any(kind in _OF_TOKENIZERS for kind in kinds):
        installed = "" if _tokenizers_folder() else f", once it is installed: {_install()}"
        return f"; --extensions {TOKENIZERS} loads {'such operations' if len(kinds) > 1 else 'it'}{installed}"
    those = "those operations" if len(kinds) > 1 else "that operation"
    return f"; a library with {those} can be loaded by --extensions LIB"


def _file(name: str) -> str:
    path = Path(expand_home(name))
    if reason := why_unreachable(path):
        raise UsageError(f"--extensions {name}: {reason}; give the path of a library")
    if not path.exists():
        raise UsageError(f"--extensions {name}: no such file; give the path of a library, or {TOKENIZERS}")
    if path.is_dir():
        raise UsageError(f"--extensions {name}: that is a folder; give the path of a library")
    if not path.is_file():
        # Loading a pipe would wait for a writer.
        raise UsageError(f"--extensions {name}: that is no file; give the path of a library")
    return str(path.absolute())  # a bare name would be looked for in the system's library folders


def _tokenizers() -> str:
    """Raises UsageError where it is not installed. The package itself is not imported, which takes 0.2 s."""
    folder = _tokenizers_folder()
    if folder is None:
        raise UsageError(f"--extensions {TOKENIZERS}: it is not installed here: {_install()}")
    return str(folder / "lib" / _LIBRARIES.get(sys.platform, f"lib{_PACKAGE}.so"))


def _tokenizers_folder() -> Path | None:
    found = importlib.util.find_spec(_PACKAGE)
    return Path(found.origin).parent if found is not None and found.origin else None


def _install() -> str:
    return f"{sys.executable} -m pip install '{TOKENIZERS}=={_version()}.*'"


def _why_not_loaded(reason: str) -> str:
    if needed := _NEEDED_LIBRARY.search(reason):
        made_for = f"20{needed[1]}.{needed[2]}.{needed[3]}"
        return f"it was built for OpenVINO {made_for}, and {_version()} is installed here; install or build it for that"
    if "create_extensions" in reason:
        return "that library holds no extensions of OpenVINO (it has no create_extensions)"
    if "undefined symbol" in reason:
        symbol = reason.rpartition("undefined symbol: ")[2]
        return f"it was built for another OpenVINO than {_version()}, which is installed here (it lacks {symbol})"
    why = _LOADER.search(reason)
    return f"that is no library that can be loaded: {why[1] if why else reason}"


def _version() -> str:
    """'2026.4.1'"""
    return str(ov.__version__).partition("-")[0]
