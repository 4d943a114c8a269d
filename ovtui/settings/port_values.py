"""The one grammar of options that give values by input: 'image[1,3,8,8],mask[1,1]', 'image:cat.png,"a:0":b.npy'.

A part is `name[value]`, `name:value`, or a value alone; commas stand between parts. A name or a value may stand in
double or single quotes, and has to where it holds a character that means something here. Within quotes a backslash
makes the quote and the backslash behind it ordinary; before any other character it is one itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from ovtui.settings.errors import SettingsError
from ovtui.settings.shown_text import in_quotes

_QUOTES = ('"', "'")
_PLAIN = re.compile(r"[^\s:\[\],=\"'\\]+")
"""What needs no quotes, wherever it stands."""
_BLANKS = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class PortValue:
    """What one part of an option says."""

    name: str | None
    """The input's name, any that the port has; None where the part names none."""
    values: tuple[str, ...]
    """One text, or one for each pair of brackets."""
    in_brackets: bool


def quoted(text: str, among: Iterable[str] = ()) -> str:
    """A name or a value as an option takes it: as it is, or in double quotes where `parse_port_values` would read
    something else. `among`: the names of all inputs of the model, of which one may begin like another ('x', 'x[1]')."""
    longer = (name for name in among if name != text and name.startswith(text))
    if _PLAIN.fullmatch(text) and not any(name[len(text)] in ":[" or name[len(text)].isspace() for name in longer):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def shape_option(shapes: Iterable[tuple[str, Sequence[int | str]]], among: Iterable[str] = ()) -> str:
    """The text of --shape or --data-shape: '"a:0"[1,3],b[1],rate[]'. Dimensions are numbers or '?'; a name that stands
    several times in a row gets its shapes in turn. `among` as for `quoted`."""
    pairs = [(name, f"[{','.join(map(str, shape))}]") for name, shape in shapes]
    among = {*among, *(name for name, _ in pairs)}
    lists: dict[str, str] = {}
    for name, text in pairs:
        lists[name] = lists.get(name, "") + text
    return ",".join(quoted(name, among) + text for name, text in lists.items())


def value_option(values: Iterable[tuple[str, str]], among: Iterable[str] = ()) -> str:
    """The text of --input, --layout and the like: 'image:cat.png,"a:0":"b, c.npy"'. `among` as for `quoted`."""
    pairs = list(values)
    among = {*among, *(name for name, _ in pairs)}
    return ",".join(f"{quoted(name, among)}:{quoted(value)}" for name, value in pairs)


def parse_port_values(
    text: str,
    known: Collection[str] = (),
    *,
    lists_only: bool = False,
    exists: Callable[[str], bool] = lambda _: False,
) -> list[PortValue]:
    """The parts of an option's text.

    `known`: the names of the model's inputs. One of them needs no quotes where ':' or '[' follows it, whatever it
    holds; of several that fit, the longest is meant. `lists_only`: values stand in brackets, and a ':' is part of a
    name. `exists`: whether a value is a file's path; a text that exists as a whole, and does not begin with the name of
    an input, is a path as it stands.

    Raises SettingsError with a sentence that says where the text is wrong."""
    text = text.strip()
    parser = _Parser(text, known, lists_only, exists)
    if text and exists(text) and parser.known_name(0) is None:
        return [PortValue(None, (text,), in_brackets=False)]
    try:
        return parser.parts()
    except SettingsError:
        if exists(text):
            return [PortValue(None, (text,), in_brackets=False)]
        raise


class _Parser:
    def __init__(self, text: str, known: Collection[str], lists_only: bool, exists: Callable[[str], bool]) -> None:
        self._text = text
        self._known = sorted((name for name in known if name), key=len, reverse=True)
        self._lists_only = lists_only
        self._exists = exists

    def parts(self) -> list[PortValue]:
        found, at = [], 0
        while True:
            at = self._skip(at)
            part, at = self._part(at)
            found.append(part)
            at = self._skip(at)
            if at == len(self._text):
                return found
            if self._text[at] != ",":
                raise SettingsError(f"a comma is missing before {self._rest(at)}")
            at = self._skip(at + 1)
            if at == len(self._text):  # a comma at the end
                return found

    def _part(self, at: int) -> tuple[PortValue, int]:
        name, after = self._name(at)
        if name is not None and not name:
            raise SettingsError(f"the name before {self._rest(after)} is empty")
        if self._at(after) == "[":
            lists, after = self._lists(after)
            return PortValue(name, tuple(lists), in_brackets=True), after
        if name is not None:
            after = self._skip(after + 1)  # behind the colon
            if self._at(after) == "[":
                lists, end = self._lists(after)
                if self._lists_only or self._at(end) in ("", ","):
                    return PortValue(name, tuple(lists), in_brackets=True), end
        if self._lists_only:
            raise SettingsError(f"brackets are missing at {self._rest(at)}: write [1,3,224,224] or name[1,3,224,224]")
        value, after = self._value(after)
        return PortValue(name, (value,), in_brackets=False), after

    def _name(self, at: int) -> tuple[str | None, int]:
        """The name that begins at `at`, and the place of the delimiter behind it; None and `at` where there is none."""
        found = self.known_name(at)
        if found is not None:
            return found
        if self._at(at) in _QUOTES:
            name, after = self._quoted(at)
            after = self._skip(after)
            if self._is_delimiter(after):
                return name, after
            if self._lists_only:
                raise SettingsError(f"brackets are missing behind {self._text[at:after].strip()}")
            return None, at
        if self._at(at) == "[":
            return None, at
        # The name of no input, which the caller says.
        for after in range(at, len(self._text)):
            if self._is_delimiter(after):
                return self._text[at:after].strip(), after
            if self._text[after] == ",":
                break
        return None, at

    def known_name(self, at: int) -> tuple[str, int] | None:
        """The input's name that begins at `at`, in quotes or not, and the place of the delimiter behind it."""
        if self._at(at) in _QUOTES:
            try:
                name, after = self._quoted(at)
            except SettingsError:
                name, after = "", at
            after = self._skip(after)
            if name in self._known and self._is_delimiter(after):
                return name, after
        for name in self._known:
            if self._text.startswith(name, at):
                after = self._skip(at + len(name))
                if self._is_delimiter(after):
                    return name, after
        return None

    def _lists(self, at: int) -> tuple[list[str], int]:
        """The texts in the brackets that follow each other from `at`, and the place behind them."""
        found = []
        while self._at(at) == "[":
            inner = self._skip(at + 1)
            if self._at(inner) in _QUOTES:
                value, end = self._quoted(inner)
                end = self._skip(end)
                if self._at(end) != "]":
                    raise SettingsError(f"']' is missing before {self._rest(end)}")
            else:
                end = self._text.find("]", at)
                if end < 0:
                    raise SettingsError(f"']' is missing behind {self._rest(at)}")
                value = self._text[at + 1 : end].strip()
                if "[" in value:
                    raise SettingsError(
                        f"']' is missing behind {in_quotes(self._text[at : self._text.index('[', at + 1)])}"
                    )
            found.append(value)
            at = self._skip(end + 1)
        return found, at

    def _value(self, at: int) -> tuple[str, int]:
        """The value that begins at `at`, and the place behind it: a comma or the end."""
        if self._at(at) in ("", ","):
            raise SettingsError(f"a value is missing {'at' if at < len(self._text) else 'before'} {self._rest(at)}")
        commas = [n for n in range(at, len(self._text)) if self._text[n] == ","]
        end = next((n for n in commas if self.known_name(self._skip(n + 1))), len(self._text))
        value = self._text[at:end].strip()
        if self._at(at) in _QUOTES and not self._exists(value):
            value, end = self._quoted(at)
            end = self._skip(end)
            if self._at(end) not in ("", ","):
                raise SettingsError(f"a comma is missing before {self._rest(end)}")
        elif "," in value and not self._exists(value):
            # A comma ends the value where something like a name is behind it.
            end = next((n for n in commas if n < end and self._looks_named(n + 1)), end)
            value = self._text[at:end].strip()
        return value, end

    def _looks_named(self, at: int) -> bool:
        at = self._skip(at)
        if self._at(at) in _QUOTES:
            return True
        stop = self._text.find(",", at)
        behind = self._text[at : stop if stop >= 0 else None]
        return ":" in behind or "[" in behind

    def _quoted(self, at: int) -> tuple[str, int]:
        """The text of the quotes that open at `at`, and the place behind them."""
        quote, n = self._text[at], at + 1
        letters: list[str] = []
        while n < len(self._text):
            letter = self._text[n]
            if letter == quote:
                return "".join(letters), n + 1
            if letter == "\\" and self._at(n + 1) in (quote, "\\"):
                n += 1
                letter = self._text[n]
            letters.append(letter)
            n += 1
        raise SettingsError(f"the quote {quote} that opens {self._rest(at)} is not closed")

    def _is_delimiter(self, at: int) -> bool:
        if self._lists_only and self._at(at) == ":":
            return self._at(self._skip(at + 1)) == "["
        return self._at(at) in (":", "[")

    def _at(self, at: int) -> str:
        return self._text[at : at + 1]

    def _skip(self, at: int) -> int:
        blanks = _BLANKS.match(self._text, at)
        assert blanks is not None
        return blanks.end()

    def _rest(self, at: int) -> str:
        """The text from `at`, cut short, as an error quotes it."""
        rest = self._text[at:]
        if not rest:
            return "the end"
        return in_quotes(rest if len(rest) <= 40 else rest[:37] + "...")
