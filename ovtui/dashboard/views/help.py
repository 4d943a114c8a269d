"""The help page: the terms on the screen that it was opened over and the keys that work there, then all others, and
what each colour means."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ovtui.dashboard.drawing.meanings import MEANINGS
from ovtui.dashboard.drawing.text_fit import one_line
from ovtui.dashboard.keys.commands import Scope, bindings, in_scope
from ovtui.dashboard.keys.keymap import KeyBindings, keys_of
from ovtui.dashboard.keys.lists.fleet import FLEET_SCOPES
from ovtui.dashboard.views.glossary import GLOSSARY, terms_of
from ovtui.settings.schema.settings import fields

_HEAD_WIDTH, _PAGE_WIDTH = 20, 72
_LISTED_SCOPES = tuple(scope for scope in Scope if scope not in (Scope.HELP, Scope.REPLAY, Scope.TOUR, *FLEET_SCOPES))


class HelpScreen(ModalScreen[None]):
    BINDINGS: ClassVar[list[BindingType]] = bindings(Scope.HELP)

    def __init__(self, scopes: Sequence[Scope], *, only: Container[str] | None = None) -> None:
        """`scopes`: those of the commands that work in the view below; they are listed first. `only`: the ids of the
        commands that there are, where those are not the dashboard's."""
        super().__init__()
        self.scopes, self.only = scopes, only
        self._keys_line = 0
        """Where the keys begin."""

    def compose(self) -> ComposeResult:
        keys = keys_of(self)
        text, self._keys_line = _page(keys, self.scopes, self.only)
        page = VerticalScroll(Static(text, markup=False))
        page.border_title = "Help"
        tab = keys.first("help-keys")
        page.border_subtitle = f"{tab} all keys, {keys.hint('help-page')}, {keys.first('close-help')} closes"
        yield page

    def action_scroll(self, lines: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_page(self) -> None:
        page = self.query_one(VerticalScroll)
        page.scroll_relative(y=max(page.scrollable_content_region.height - 1, 1), animate=False)

    def action_keys(self) -> None:
        """From the terms to the keys, and from there back."""
        page = self.query_one(VerticalScroll)
        page.scroll_to(y=self._keys_line if page.scroll_offset.y < self._keys_line else 0, animate=False)


def _page(keys: KeyBindings, first: Sequence[Scope], only: Container[str] | None = None) -> tuple[Content, int]:
    """The text, and the line in which the keys begin."""
    lines: list[Content] = []
    if keys.problems:
        lines += [Content(), Content.styled("[keys] in the config file", "bold $warning")]
        lines += [
            _entry(one_line(problem.action), one_line(problem.text), "bold $warning") for problem in keys.problems
        ]
    lines += _terms("Terms on this screen", terms_of(first))
    keys_line = sum(line.plain.count("\n") + 1 for line in lines)  # an empty one before the heading counts, too
    for scope in dict.fromkeys((*first, *(_LISTED_SCOPES if only is None else ()))):
        commands = [c for c in in_scope(scope) if only is None or c.id in only]
        lines += [Content(), Content.styled(str(scope), "bold underline")]
        lines += [_entry(keys.listed(c.id) or "–", c.help, "bold $key") for c in commands]
        if scope is Scope.SETTINGS:
            own = [f"{f.spec.key} {f.label}" for f in fields().values() if f.spec.key]
            lines.append(_entry("", " · ".join(own), ""))
    here = terms_of(first)
    if only is None:
        lines += _terms("Other terms", [term for term in GLOSSARY if term not in here])
    lines += [Content(), Content.styled("Colours", "bold underline")]
    lines += [_entry(word, meaning, style) for style, word, meaning in MEANINGS]
    return Content("\n").join([*lines[1:], Content()]), keys_line


def _terms(title: str, terms: Sequence[str]) -> list[Content]:
    if not terms:
        return []
    entries = [_entry(term, GLOSSARY[term], "bold") for term in terms]
    return [Content(), Content.styled(title, "bold underline"), *entries]


def _entry(head: str, text: str, style: str) -> Content:
    """A head, and a text that is wrapped in its own column."""
    wrapped = Content(text).wrap(_PAGE_WIDTH - _HEAD_WIDTH)
    rest = [Content(" " * _HEAD_WIDTH) + line for line in wrapped[1:]]
    return Content("\n").join([Content.assemble((f"{head:<{_HEAD_WIDTH}}", style), wrapped[0]), *rest])
