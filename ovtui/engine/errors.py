class Unusable(Exception):
    """The model or the device cannot be used; the text is one sentence for a person."""


class NotTaken(Exception):
    """A live change that OpenVINO refused; the text is its reason in one line."""


def reason_of(error: BaseException) -> str:
    """OpenVINO's own reason in one line: its messages open with a stack of 'Exception from file:line' and 'Check'
    lines, and what went wrong stands after them."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Exception from ", "Check '"))]
    if not telling:
        # 'Check 'x' failed at src/...: reason' puts the reason behind the colon of the place.
        telling = [line.rpartition(": ")[2] or line for line in lines[-1:]] or [type(error).__name__]
    return " ".join(telling[:2])[:400]
