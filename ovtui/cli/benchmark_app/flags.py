"""Reads a command line of benchmark_app, in the spellings of the Python and of the C++ program.

argparse does the reading, as it does there: what it takes for an abbreviation, for a value behind '=' and for a value
glued to a short flag is the same. The spellings of C++ are put into Python's before."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from functools import cache
from typing import Any, NoReturn

import click

from ovtui.cli.benchmark_app.arguments import Arguments
from ovtui.cli.benchmark_app.flag_rules import check_rules
from ovtui.cli.benchmark_app.flag_table import FLAGS, OF_PYTHON, Flag
from ovtui.settings.did_you_mean import did_you_mean
from ovtui.settings.shown_text import in_quotes

_NUMBER = re.compile(r"-\d+|-\d*\.\d+")
"""What argparse takes for a negative number, and so for a value."""
_AMBIGUOUS = re.compile(r"ambiguous option: (\S+).* could match (.*)")


def parse(arguments: Sequence[str]) -> Arguments:
    """Raises click.UsageError with one sentence."""
    words = _in_pythons_spelling(arguments)
    try:
        found, unknown = _parser().parse_known_args(words, argparse.Namespace(spelt=[]))
    except _HelpAskedError:
        return Arguments(path_to_model="", help=True)
    values: dict[str, Any] = vars(found)
    spelt: list[tuple[str, str]] = values.pop("spelt")
    del values["help"]
    if unknown:
        raise click.UsageError(_unknown(unknown[0]))
    values = {name: value for name, value in values.items() if value is not None}
    if not values.get("path_to_model"):
        raise click.UsageError("-m: the model is missing; write -m model.xml")
    if "paths_to_input" in values:
        values["paths_to_input"] = tuple(values["paths_to_input"])
    read = Arguments(**values, given=tuple(_given(arguments)), spellings=tuple(spelt))
    check_rules(read)
    return read


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        found = _AMBIGUOUS.match(message)
        if found:
            raise click.UsageError(f"{found[1]} is short for several flags: {found[2]}; write more of it")
        raise click.UsageError(message)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        try:
            return super().parse_known_args(args, namespace)
        except argparse.ArgumentError as error:
            if error.argument_name is None:
                self.error(error.message)
            name, text = error.argument_name.split("/")[0], error.message
            raise click.UsageError(
                f"{name}: {'a value is missing' if text.startswith('expected ') else text}"
            ) from None


class _Store(argparse.Action):
    """Keeps the value, and which spelling of the flag it came with."""

    def __call__(self, _: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        namespace.spelt.append((self.dest, option_string or ""))
        if self.nargs == "+":
            values = [*(getattr(namespace, self.dest) or ()), *values]
        setattr(namespace, self.dest, values)


class _Help(argparse.Action):
    """Ends the reading: there, too, nothing behind it counts."""

    def __call__(self, *_: Any) -> None:
        raise _HelpAskedError


class _HelpAskedError(Exception):
    pass


@cache
def _parser() -> _Parser:
    parser = _Parser(add_help=False, exit_on_error=False)
    for flag in FLAGS:
        more: dict[str, Any] = {"dest": flag.name, "default": None}
        if flag.name == "help":
            parser.add_argument(*flag.spellings, action=_Help, nargs="?", **more)
        elif flag.boolean:
            parser.add_argument(*flag.spellings, action=_Store, type=flag.read, nargs="?", const=True, **more)
        else:
            parser.add_argument(
                *flag.spellings, action=_Store, type=flag.read, nargs="+" if flag.several else None, **more
            )
    return parser


def _in_pythons_spelling(arguments: Sequence[str]) -> list[str]:
    """C++ takes each name with one dash or two, also those that are long in Python, and -noNAME for a switch."""
    words = list(arguments)
    for at, word in enumerate(words):
        if word == "--":
            break
        if len(word) < 2 or word[0] != "-" or " " in word or _NUMBER.fullmatch(word):
            continue
        written, sign, value = word.partition("=")
        words[at] = _pythons(written, bool(sign)) + sign + value
    return words


def _pythons(written: str, has_value: bool) -> str:
    exact, alike = _spellings()
    if written in exact:
        return written
    name = written.lstrip("-")
    long = f"--{name}"
    if not written.startswith("--"):
        found = long if long in exact else ""
    else:
        meant = alike.get(name)
        short_for = {flag.name for flag in OF_PYTHON for each in flag.spellings if each.startswith(long)}
        if meant and short_for and len(short_for) == 1 and meant.name not in short_for:
            other = next(each for flag in OF_PYTHON for each in flag.spellings if each.startswith(long))
            raise click.UsageError(
                f"{written} is {meant.shown} to benchmark_app in C++ and {other} in Python; write one of these"
            )
        found = f"-{name}" if meant else ""
    if not found and not has_value and name.startswith("no"):
        switch = next((flag for flag in FLAGS if flag.boolean and name[2:] in flag.words), None)
        found = f"{switch.shown}=false" if switch and switch.name != "help" else ""
    if not found and written.startswith("-h") and not any(each.startswith(written) for each in exact):
        # There -hnt is -h with a value, and so the help.
        raise click.UsageError(_unknown(written))
    return found or written


@cache
def _spellings() -> tuple[frozenset[str], dict[str, Flag]]:
    """All spellings, and the flags by their names with one dash."""
    return (
        frozenset(each for flag in FLAGS for each in flag.spellings),
        {each[1:]: flag for flag in FLAGS for each in flag.spellings if not each.startswith("--")}
        | {each[2:]: flag for flag in FLAGS for each in flag.spellings if each in ("--mean_values", "--scale_values")},
    )


def _unknown(word: str) -> str:
    if not word.startswith("-"):
        return f"{in_quotes(word)}: no flag takes this value"
    written = word.partition("=")[0]
    return f"{written}: no such flag{did_you_mean(written, sorted(_spellings()[0]))}"


def _given(arguments: Sequence[str]) -> list[tuple[str, str]]:
    """The flags as they stood, with the last value of each, for the reports."""
    found: list[tuple[str, str]] = []
    for word in arguments:
        if word.startswith("-") and not _NUMBER.fullmatch(word):
            name, _, value = word.partition("=")
            found.append((name, value))
        elif found:
            found[-1] = (found[-1][0], word)
    return found
