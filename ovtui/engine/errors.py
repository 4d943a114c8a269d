"""The engine's exceptions, and OpenVINO's reason for one: its cause in one line, and its whole text."""

from __future__ import annotations

import os

from ovtui.records.openvino_reason import summary_of, whole_text
from ovtui.settings.errors import shortened
from ovtui.settings.shown_text import shown


class SetupError(Exception):
    """The engine cannot start: the model or the device cannot be used. The text is one sentence for a person.
    `detail_of` finds OpenVINO's whole text: that of the exception in whose handler it was raised."""

    def __init__(self, text: str) -> None:
        super().__init__(shortened(text))
        self.suggestion: dict[str, str] = {}
        """Settings with which it can, by name."""


class UsageError(SetupError):
    """The engine cannot start because of what the person gave for the inputs or the load: exit code 2."""


def as_setup_error(error: Exception, model: str) -> SetupError:
    """The same, or one of the system: a file that cannot be reached, memory that is not there. OpenVINO's Python takes
    and gives UTF-8 alone: it raises UnicodeDecodeError where a name in a model, such as that of an input, is none."""
    if isinstance(error, SetupError):
        return error
    if isinstance(error, UnicodeDecodeError):
        return SetupError(
            shown(f"{model}: a name in the model is not UTF-8 ({reason_of(error)}); export it with another name")
        )
    if isinstance(error, MemoryError):
        return SetupError(f"not enough memory: {str(error).rstrip('.') or 'none was left'}; give a smaller --shape")
    return SetupError(str(error))


class ChangeRejected(Exception):
    """A live change that cannot be applied. The text is the reason in one line."""

    def __init__(self, text: str) -> None:
        super().__init__(shortened(text))


def reason_of(error: BaseException) -> str:
    """OpenVINO's reason in one line of at most 400 characters, without the places in its source."""
    return summary_of(_text_of(error)) or type(error).__name__


def _text_of(error: BaseException) -> str:
    """Where OpenVINO's text has a path in it that is no UTF-8, Python has the text in the error of its decoding."""
    return os.fsdecode(error.object) if isinstance(error, UnicodeDecodeError) else str(error)


def detail_of(error: BaseException) -> str:
    """OpenVINO's whole text, at most 16 KiB: of its own exception, or of the one that was handled when this one was
    raised. Empty where there is none, or where it says no more than its one line."""
    found: BaseException | None = error
    while isinstance(found, (SetupError, ChangeRejected)):
        # `raise ... from None` keeps the context.
        found = found.__cause__ or found.__context__
    if not isinstance(found, RuntimeError):
        return ""
    whole = whole_text(str(found))
    return "" if whole == reason_of(found) else whole
