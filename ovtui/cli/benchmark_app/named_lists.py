"""benchmark_app's grammars of values by input, in ovtui's: 'input1[1,3],input2[1,4]', 'name:file,file'.

There a name is all that stands before the bracket or the colon; here (settings/port_values.py) one stands in quotes
where it holds a character that means something."""

from __future__ import annotations

import os
import re

import click

from ovtui.settings.port_values import quoted
from ovtui.settings.shown_text import in_quotes

_PART = re.compile(r"\s*([^\[\]]*?)\s*((?:\[[^\[\]]*\]\s*)+)(?:,|$)")
_LIST = re.compile(r"\[([^\[\]]*)\]")
_NAMED = re.compile(r"(?:^|,)([^,:/\\]+):")
"""Before a file. What has a slash is a path, as is a drive."""
RANDOM, IMAGE_INFO = "random", "image_info"


def lists_of(flag: str, text: str, example: str) -> list[tuple[str, list[str]]]:
    """Names, empty for none, and what stands in the brackets behind each. Raises click.UsageError."""
    found, at = [], 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise click.UsageError(f"{flag} {in_quotes(text)}: write values in brackets: {example}")
        found.append((part[1], [each.strip() for each in _LIST.findall(part[2])]))
        at = part.end()
    if len(found) > 1 and any(not name for name, _ in found):
        raise click.UsageError(
            f"{flag} {in_quotes(text)}: brackets without a name are those of all inputs; name every input, or none"
        )
    return found


def one_each(flag: str, text: str, example: str) -> str:
    """The text of ovtui's option for a flag with one value for each input. Raises click.UsageError."""
    found = lists_of(flag, text, example)
    for name, lists in found:
        if len(lists) > 1:
            both = "".join(f"[{each}]" for each in lists)
            raise click.UsageError(f"{flag}: {name or 'an input'} has one value, and {both} are {len(lists)}")
    return in_our_grammar(found)


def in_our_grammar(found: list[tuple[str, list[str]]]) -> str:
    names = {name for name, _ in found if name}
    return ",".join(
        (quoted(name, names) if name else "") + "".join(f"[{each}]" for each in lists) for name, lists in found
    )


def types_by_name(text: str) -> list[tuple[str, str]]:
    """The names and types of -iop, which flag_values has checked."""
    pairs = (part.rpartition(":") for part in text.split(",") if part)
    return [(name, kind) for name, _, kind in pairs]


def files_by_name(paths: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    """The files and folders of -i by input, without the inputs that are to be random. Files without a name are together
    under the empty one. Raises click.UsageError."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for name, text in _named(path):
            files = [each.strip() for each in text.split(",") if each.strip()]
            if not files:
                raise click.UsageError(f"-i {in_quotes(path)}: a file is missing" + (f" for {name}" if name else ""))
            found.setdefault(name, []).extend(files)
    for name, files in found.items():
        if IMAGE_INFO in files:
            raise click.UsageError(
                f"-i: {IMAGE_INFO}: ovtui does not write the size of a picture into an input; give "
                f"{name or 'name'}:FILE.npy"
            )
        if RANDOM in files and len(files) > 1:
            raise click.UsageError(f"-i: {name or 'an input'} is {RANDOM} or filled from files, not both")
    found = {name: files for name, files in found.items() if files != [RANDOM]}
    if "" in found and len(found) > 1:
        raise click.UsageError(f"-i: {in_quotes(found[''][0])} has no name, and others do; write name:file for each")
    # There the files of an input are used in the order of their paths; those without a name are dealt out first.
    return [(name, sorted(files, key=os.path.abspath) if name else files) for name, files in found.items()]


def _named(path: str) -> list[tuple[str, str]]:
    starts = list(_NAMED.finditer(path))
    if not starts:
        return [("", path)]
    head = [("", path[: starts[0].start()])] if starts[0].start() else []
    ends = [each.start() for each in starts[1:]] + [len(path)]
    return head + [(each[1].strip(), path[each.end() : end]) for each, end in zip(starts, ends, strict=True)]
