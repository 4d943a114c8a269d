"""OpenVINO's error texts: the line that names the cause, and the whole text within bounds.

A text is some lines of places in OpenVINO's source ('Exception from FILE:LINE:', "Check 'EXPRESSION' failed at
FILE:LINE:", "While validating node '...':"), then what went wrong, sometimes over several lines. A frontend that cannot
convert a model writes a log of each failed operation first and its summary last."""

from __future__ import annotations

import re
from functools import lru_cache

from ovtui.settings.shown_text import shown

SUMMARY_CHARS = 400
DETAIL_BYTES = 16 * 1024
"""Of UTF-8. A message between processes holds 128 KiB."""
_TAIL_BYTES = 4 * 1024
"""Of a longer text so much is kept of the end, where a frontend writes its summary."""
_SHORTEST_CUT = 120
"""A text that is too long ends with a sentence that is at least so long, else with …"""

_PLACE = re.compile(
    r"Caught exception: |FrontEnd API failed with \w+:\s*|Exception from \S*?:\d+:?\s*"
    r"|Check '.*?' failed at \S+:\d+:?\s*"
)
_CHECK = re.compile(r"Check '(.*?)' failed at")
_NODE = re.compile(r"While validating (?:ONNX )?node '.*?'(?: with friendly_name '(.*?)')?:\s*")
_KIND = re.compile(r"^(?:NotFound|NotImplemented|ParameterMismatch|GeneralError|Unexpected): (?=\S)")
"""The class of an exception of a plugin."""
_CUT_PLACE = re.compile(r"[ .:]*(?:Error: )?Exception from \S*$")
"""A place within which AUTO has cut off its log."""
_NOT_CONVERTED = re.compile(r"^(?:-- )?((?:No conversion rule found for operations|Conversion is failed for): .+)$")
_CONVERSION_LOG = re.compile(r"^-- .+ with a message:$")
_ORIGINAL = "Original error message is:"
_SHAPES = "Shape inference input shapes"
_NO_CAUSE = re.compile(
    r"^(?:[-=;,.: ]+|Property description:|Summary:|Loading input model|To facilitate the conversion .*)$"
)


@lru_cache(maxsize=64)  # every request that fails has the same text
def summary_of(text: str) -> str:
    """The cause in one line of at most 400 characters, without the places in OpenVINO's source. It ends neither in a
    colon nor within a word. Empty where the text names no cause."""
    lines = [_one_line(line) for line in text.splitlines()]
    found = _frontend_summary(lines) or _cause(lines)
    if not found:
        check = _CHECK.search(_one_line(text))
        found = f"the check {check[1]} failed" if check is not None else ""
    return _ended(_cut(found))


def whole_text(text: str) -> str:
    """The text for a person who wants all of it: its lines as they are shown, at most 16 KiB. A longer one
    lacks its middle."""
    lines = [shown(line.expandtabs(4)).rstrip() for line in text.splitlines()]
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    data = whole.encode(errors="replace")
    if len(data) <= DETAIL_BYTES:
        return data.decode()
    note = f"\n[... {len(data) - DETAIL_BYTES:,} bytes left out ...]\n"
    head = data[: DETAIL_BYTES - _TAIL_BYTES - len(note)].decode(errors="ignore")
    return f"{head}{note}{data[-_TAIL_BYTES:].decode(errors='ignore')}"


def _frontend_summary(lines: list[str]) -> str:
    """What a frontend could not convert, and why its first failed operation could not be."""
    summary = [found[1] for line in lines if (found := _NOT_CONVERTED.match(line))]
    if not summary:
        return ""
    logs = [at for at, line in enumerate(lines) if _CONVERSION_LOG.match(line)]
    why = ""
    if logs:
        rest = lines[logs[0] + 1 :]
        ends = [at for at, line in enumerate(rest) if line == "Summary:" or _CONVERSION_LOG.match(line)]
        why = _cause(rest[: ends[0]] if ends else rest)
    names = SUMMARY_CHARS - len(why) - 2 if 0 < len(why) < SUMMARY_CHARS // 2 else SUMMARY_CHARS
    return "; ".join([*_listed(summary, names), *([why] if why else [])])


def _listed(lists: list[str], room: int) -> list[str]:
    """Texts such as 'No rule for: A, B, C' with as many names each as there is room for, and the number of others."""
    found = []
    for text in lists:
        head, _, names = text.partition(": ")
        each = names.split(", ")
        shown = list(each)
        while len(shown) > 1 and len(head) + len(", ".join(shown)) + 20 > room // len(lists):
            shown.pop()
        more = f" and {len(each) - len(shown)} more" if len(shown) < len(each) else ""
        found.append(f"{head}: {', '.join(shown)}{more}")
    return found


def _cause(lines: list[str]) -> str:
    """The first sentence that is no place, with the line after it where both have room, and the node it is about."""
    original = next((at for at, line in enumerate(lines) if line.startswith(_ORIGINAL)), None)
    if original is not None:
        lines = [lines[original].removeprefix(_ORIGINAL), *lines[original + 1 :]]
    nodes = [found[1] for line in lines for found in _NODE.finditer(line) if found[1]]
    told = [line for line in map(_without_places, lines) if line and not _NO_CAUSE.match(line)]
    # The shapes say what the sentence after them is about.
    told = [line for line in told if not line.startswith(_SHAPES)] + [x for x in told if x.startswith(_SHAPES)]
    sentences = _joined_after_colons(told)
    if not sentences:
        return ""
    text = _ended(sentences[0])
    if len(sentences) > 1 and len(text) + 2 + len(sentences[1]) <= SUMMARY_CHARS:
        text += f"{' ' if text.endswith(('.', '!', '?')) else '; '}{sentences[1]}"
    about = f" (node {nodes[-1]})" if nodes and nodes[-1] not in text else ""
    return _ended(text).rstrip(".") + about if about and len(text) + len(about) <= SUMMARY_CHARS else text


def _without_places(line: str) -> str:
    line = _NODE.sub("", line)
    places = list(_PLACE.finditer(line))
    if not places:
        return _KIND.sub("", _CUT_PLACE.sub("", line))
    bare = _CUT_PLACE.sub("", _PLACE.sub("", line)).strip()
    # "[CPU] Reshape node with name 'X' Check '...' failed at FILE:LINE:" introduces the line that follows.
    introduces = bare and places[-1].end() == len(line) and not bare.endswith(":")
    return f"{bare}:" if introduces else _KIND.sub("", bare)


def _joined_after_colons(lines: list[str]) -> list[str]:
    """A line that ends with a colon together with the one that it introduces."""
    found: list[str] = []
    for line in lines:
        if found and found[-1].endswith(":"):
            found[-1] += f" {line}"
        else:
            found.append(line)
    return found


def _cut(text: str) -> str:
    if len(text) <= SUMMARY_CHARS:
        return text
    head = text[: SUMMARY_CHARS - 1]
    sentence = max(head.rfind(". "), head.rfind("; "))
    if sentence >= _SHORTEST_CUT:
        return head[: sentence + 1]
    return f"{_ended(head[: head.rfind(' ')] if ' ' in head else head)}…"


def _ended(text: str) -> str:
    return text.rstrip(" :;,-")


def _one_line(text: str) -> str:
    return shown(" ".join(text.split()))
