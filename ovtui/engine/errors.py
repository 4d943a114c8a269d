"""The engine's exceptions, and OpenVINO's error messages in one line."""

import re


class SetupError(Exception):
    """The engine cannot start: the model or the device cannot be used. The text is one sentence for a person."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.suggestion: dict[str, str] = {}
        """Settings with which it can, by name."""


class UsageError(SetupError):
    """The engine cannot start because of what the person gave for the inputs or the load: exit code 2."""


class ChangeRejected(Exception):
    """A live change that cannot be applied. The text is the reason in one line."""


_SOURCE_PLACE = re.compile(r"(Caught exception: )?(Exception from \S+:\d+:?\s*|Check '.*?' failed at \S+:\d+:\s*)")
"""The prefix of a reason: places in OpenVINO's source that the exception went through."""


def reason_of(error: BaseException) -> str:
    """OpenVINO's reason in one line of at most 400 characters, without the places in its source."""
    lines = [_SOURCE_PLACE.sub("", line).strip() for line in str(error).splitlines()]
    reasons = [line for line in lines if line]
    return " ".join(reasons[:2])[:400] or type(error).__name__
