import re


class SetupError(Exception):
    """The model or the device cannot be used; the text is one sentence for a person."""


class UsageError(SetupError):
    """What the person gave for the inputs or the load is wrong, and model and device are not to blame: exit code 2."""


class ChangeRejected(Exception):
    """A live change that OpenVINO refused; the text is its reason in one line."""


_SOURCE_PLACE = re.compile(r"(Caught exception: )?(Exception from \S+:\d+:?\s*|Check '.*?' failed at \S+:\d+:\s*)")
"""What stands in front of a reason: the stack of places that passed it on."""


def reason_of(error: BaseException) -> str:
    """OpenVINO's own reason in one line, without the places in its source that passed it on."""
    lines = [_SOURCE_PLACE.sub("", line).strip() for line in str(error).splitlines()]
    telling = [line for line in lines if line]
    return " ".join(telling[:2])[:400] or type(error).__name__
