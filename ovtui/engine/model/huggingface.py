"""A folder of Hugging Face with a model of another framework in it, and the command that exports it for OpenVINO."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ovtui.settings.paths import shell_path

HF_EXPORT = "optimum-cli export openvino --model MODEL_ID FOLDER"
_CONFIG_BYTES = 1 << 20
_TASKS = {
    "ForCausalLM": "text-generation-with-past",
    "LMHeadModel": "text-generation-with-past",
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
    "ForMaskedLM": "fill-mask",
    "ForImageClassification": "image-classification",
    "ForObjectDetection": "object-detection",
    "ForSemanticSegmentation": "semantic-segmentation",
    "ForAudioClassification": "audio-classification",
    "ForCTC": "automatic-speech-recognition",
    "ForSpeechSeq2Seq": "automatic-speech-recognition-with-past",
    "ForVision2Seq": "image-to-text-with-past",
    "WhisperForConditionalGeneration": "automatic-speech-recognition-with-past",
    "T5ForConditionalGeneration": "text2text-generation-with-past",
    "BartForConditionalGeneration": "text2text-generation-with-past",
    "MarianMTModel": "text2text-generation-with-past",
    "Pipeline": "text-to-image",
    "CLIPModel": "zero-shot-image-classification",
    "Model": "feature-extraction",
}
"""Endings of an architecture's name, the longer first, and optimum's task for it: of a local folder it infers none."""


def is_huggingface(names: set[str]) -> bool:
    """True where a folder with files of these names is one that `optimum-cli export openvino` takes."""
    if "model_index.json" in names:
        return True
    weights = any(name.endswith((".safetensors", ".msgpack")) or name.startswith("pytorch_model") for name in names)
    return "config.json" in names and weights


def export_command(folder: Path) -> str:
    """The command that exports the model of a local folder."""
    target = folder if folder.name else folder.absolute()
    return (
        f"optimum-cli export openvino --model {shell_path(str(folder))} --task {_task(folder)} "
        f"{shell_path(f'{target}_openvino_model')}"
    )


def _task(folder: Path) -> str:
    for name, key in (("model_index.json", "_class_name"), ("config.json", "architectures")):
        found = _read(folder / name).get(key)
        text = found[0] if isinstance(found, list) and found else found
        if isinstance(text, str):
            return next((task for ending, task in _TASKS.items() if text.endswith(ending)), "TASK")
    return "TASK"


def _read(path: Path) -> dict[str, Any]:
    try:
        if not path.is_file() or path.stat().st_size > _CONFIG_BYTES:
            return {}
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def main_snapshot(folder: Path) -> Path | None:
    """The folder of the revision `main` in a model's folder of Hugging Face's cache, or in its `snapshots`; None
    elsewhere."""
    above = folder.parent if folder.name == "snapshots" else folder
    try:
        found = above / "snapshots" / (above / "refs" / "main").read_text(encoding="utf-8")[:100].strip()
        return found if found.is_dir() else None
    except (OSError, ValueError):
        return None
