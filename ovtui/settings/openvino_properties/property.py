"""An OpenVINO property: its kind, range and choices, and the parsing of its value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ovtui.settings.errors import SettingsError
from ovtui.settings.paths import expand_home
from ovtui.settings.schema.field_spec import Effect
from ovtui.settings.value_text import NumberFormat, parse_choice, parse_yes_no


class PropertyKind(StrEnum):
    BOOL = "yes or no"
    INT = "whole number"
    FLOAT = "number"
    CHOICE = "choice"
    TEXT = "text"
    FACT = "fact"
    """Read-only."""
    OPAQUE = "opaque"
    """A pointer or a function: cannot be written as text."""


YES, NO = "YES", "NO"


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    kind: PropertyKind
    help: str
    """One sentence."""
    devices: tuple[str, ...]
    """Kinds of devices that list it. A virtual device passes the properties that it does not take to its candidates."""
    default: str = ""
    """The default of OpenVINO 2026.4.1; empty where the device decides."""
    choices: tuple[str, ...] = ()
    """The values of a CHOICE; the known ones where it is open-ended."""
    open_ended: bool = False
    """True when another device or release may have other choices: any text is accepted then."""
    minimum: float | None = None
    maximum: float | None = None
    keywords: tuple[str, ...] = ()
    """For a number: words that may stand in place of it."""
    unit: str = ""
    path: bool = False
    """True for the path of a file or a folder, in which '~' stands for the home folder."""
    effect: Effect = Effect.RECOMPILE
    """RECOMPILE, except for AUTO_BATCH_TIMEOUT: a compiled model on explicit BATCH takes it (see changes.effect_of)."""

    @property
    def settable(self) -> bool:
        return self.kind not in (PropertyKind.FACT, PropertyKind.OPAQUE)

    @property
    def offered(self) -> tuple[str, ...]:
        """The values that a form cycles through; empty where the value has to be typed."""
        return (YES, NO) if self.kind is PropertyKind.BOOL else self.choices

    def read(self, text: str) -> str:
        """The value as OpenVINO spells it. Raises SettingsError, which says what is expected."""
        word = text.strip()
        match self.kind:
            case PropertyKind.FACT:
                raise SettingsError(f"{self.name} is a fact of the device and cannot be set")
            case PropertyKind.OPAQUE:
                raise SettingsError(f"{self.name} cannot be written as text")
            case PropertyKind.BOOL:
                return YES if parse_yes_no(self.name, word, yes=YES, no=NO) else NO
            case PropertyKind.CHOICE:
                return self._choice(word)
            case PropertyKind.INT | PropertyKind.FLOAT:
                return self._number(word)
        return expand_home(word) if self.path else word

    def _choice(self, word: str) -> str:
        try:
            return parse_choice(self.name, word, self.choices)
        except SettingsError:
            if self.open_ended and word:
                return word
            raise

    def _number(self, word: str) -> str:
        if word.upper() in self.keywords:
            return word.upper()
        number = self.number_format.parse(self.name, word)
        self.number_format.require(self.name, number, word)
        return str(number)

    @property
    def number_format(self) -> NumberFormat:
        """The numbers of an INT or a FLOAT."""
        integer = self.kind is PropertyKind.INT
        return NumberFormat(integer, self.minimum, self.maximum, self.unit, self.keywords)

    @property
    def expected(self) -> str:
        """'a whole number from 1, AUTO or NUMA', for a form's hint and for the docs."""
        match self.kind:
            case PropertyKind.BOOL:
                return f"{YES} or {NO}"
            case PropertyKind.CHOICE:
                *first, last = self.choices
                others = ", or another value that the device knows" if self.open_ended else ""
                return f"{', '.join(first)} or {last}{others}"
            case PropertyKind.INT | PropertyKind.FLOAT:
                return str(self.number_format)
        return str(self.kind)
