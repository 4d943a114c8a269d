"""Textual's stylesheet, parsed once for each theme.

Textual parses all rules at the start with the colours of its own theme, then once more because a theme was chosen, and
again whenever something asks for it that changes no colour. A parse of them takes some 40 ms of CPU, at the start
between a person and the first frame."""

from __future__ import annotations

from textual.css.stylesheet import Stylesheet


class KeptStylesheet(Stylesheet):
    """Owner: the app, which sets the variables of its theme before it starts. Its rules come from files and classes
    that do not change meanwhile."""

    _parsed = False
    """The rules are of these variables."""

    def set_variables(self, variables: dict[str, str]) -> None:
        if variables != self._variables:
            self._parsed = False
            super().set_variables(variables)

    def parse(self) -> None:
        super().parse()
        self._parsed = True

    def reparse(self) -> None:
        if not self._parsed or self._require_parse:
            super().reparse()
            self._parsed = True
