"""One OpenVINO property: its kind, range and words, and its value read from text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ovtui.settings.errors import SettingsError
from ovtui.settings.schema.field_spec import Effect


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
_UNBOUNDED = 2**63
"""A maximum from here on is the type's, not worth telling."""
_YES_WORDS, _NO_WORDS = ("yes", "true", "1", "on"), ("no", "false", "0", "off")


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    kind: PropertyKind
    help: str
    """One sentence."""
    devices: tuple[str, ...]
    """Kinds of device that list it; a virtual device hands on to its candidates what it does not take itself."""
    default: str = ""
    """As OpenVINO 2026.4.1 has it; empty where the device decides."""
    choices: tuple[str, ...] = ()
    """Of a CHOICE, or what an open one offers."""
    open: bool = False
    """Other words than the choices may be right on another device or in another release, and are passed on."""
    minimum: float | None = None
    maximum: float | None = None
    keywords: tuple[str, ...] = ()
    """Of a number: words that stand for one."""
    unit: str = ""
    effect: Effect = Effect.RECOMPILE
    """For a compiled model takes nothing but AUTO_BATCH_TIMEOUT, and that on explicit BATCH (fields.effect_of)."""

    @property
    def settable(self) -> bool:
        return self.kind not in (PropertyKind.FACT, PropertyKind.OPAQUE)

    @property
    def offered(self) -> tuple[str, ...]:
        """What a form cycles through; empty where the value has to be written."""
        return (YES, NO) if self.kind is PropertyKind.BOOL else self.choices

    def read(self, text: str) -> str:
        """The value as OpenVINO spells it; raises SettingsError saying what was expected."""
        word = text.strip()
        match self.kind:
            case PropertyKind.FACT:
                raise SettingsError(f"{self.name} is a fact of the device and cannot be set")
            case PropertyKind.OPAQUE:
                raise SettingsError(f"{self.name} cannot be written as text")
            case PropertyKind.BOOL:
                return self._yes_or_no(word)
            case PropertyKind.CHOICE:
                return self._choice(word)
            case PropertyKind.INT | PropertyKind.FLOAT:
                return self._number(word)
        return word

    def _yes_or_no(self, word: str) -> str:
        if word.lower() in _YES_WORDS:
            return YES
        if word.lower() in _NO_WORDS:
            return NO
        raise SettingsError(f"{self.name}: {word!r} is not YES or NO")

    def _choice(self, word: str) -> str:
        for choice in self.choices:
            if word.lower() == choice.lower():
                return choice
        if self.open and word:
            return word
        raise SettingsError(f"{self.name}: {word!r} is not one of {', '.join(self.choices)}")

    def _number(self, word: str) -> str:
        if word.upper() in self.keywords:
            return word.upper()
        try:
            number = int(word) if self.kind is PropertyKind.INT else float(word)
        except ValueError:
            raise SettingsError(f"{self.name}: {word!r} is not {self.expected}") from None
        too_low = self.minimum is not None and number < self.minimum
        if too_low or (self.maximum is not None and number > self.maximum) or number != number:
            raise SettingsError(f"{self.name}: {word} is out of range, it is not {self.expected}")
        return str(number)

    @property
    def expected(self) -> str:
        """'a whole number from 1, AUTO or NUMA', for a form's hint and for errors."""
        match self.kind:
            case PropertyKind.BOOL:
                return f"{YES} or {NO}"
            case PropertyKind.CHOICE:
                *first, last = self.choices
                return f"{', '.join(first)} or {last}" + (", or what else the device knows" if self.open else "")
            case PropertyKind.INT | PropertyKind.FLOAT:
                text = "a whole number" if self.kind is PropertyKind.INT else "a number"
                if self.minimum is not None:
                    text += f" from {self.minimum:g}"
                if self.maximum is not None and self.maximum < _UNBOUNDED:
                    text += f" to {self.maximum:,.15g}"
                unit = f" {self.unit}" if self.unit else ""
                return text + unit + (f", {' or '.join(self.keywords)}" if self.keywords else "")
        return str(self.kind)
