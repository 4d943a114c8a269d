"""What the caption says, and what the keys of the tour do. In a session of an experiment it says what is expected and
what was seen so far; in a section of `ovtui learn` its sentences too.

The check costs 0.8 to 1.4 ms of CPU for 2,000 requests, so it is made every two seconds, more rarely where more
requests are kept, at the end of the load, and where time stands still, as in a replay that is paused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ovtui.dashboard.keys.command import VIEW_KEYS
from ovtui.dashboard.keys.commands import Scope, in_scope
from ovtui.dashboard.keys.keymap import KeyBindings
from ovtui.metrics.digest import Digest
from ovtui.metrics.expectations.expectation import Expectation, expectation_of, verdict_text
from ovtui.metrics.expectations.seen import is_over
from ovtui.metrics.snapshot import Snapshot
from ovtui.settings.experiments import CHECKS

NEXT, BACK = -2, -3
"""Results of a dashboard that shows a section: the person goes on to the next one, or back to the one before. Beside
DETACHED, and no signals."""
EXPECTED_LINES, LEARN_LINES = 2, 3
CHECK_NS = 2_000_000_000
CHECK_FRAMES = 2
"""At least, for a replay at a high speed."""
REQUESTS_A_CHECK = 8_192
"""For each so many that are kept, CHECK_NS more."""
STYLES = {True: "$success", False: "$error", None: "$dim"}


@dataclass(frozen=True, slots=True)
class Section:
    """One section of `ovtui learn` as the dashboard shows it."""

    number: int
    """From 1."""
    of: int
    heading: str
    pages: Sequence[str]
    """Sentences, shown one after the other in the caption. {overview}, {batches}, ... stand for keys, as in
    settings.experiments.Check.look."""


@dataclass(frozen=True, slots=True)
class CaptionText:
    label: str
    """'EXPECTED', 'LEARN 5/6'."""
    lead: str
    """What is explained: a sentence of a section, or what is expected."""
    more: str
    """What goes with it where there is room: where it is seen, or in a section what is expected."""
    seen: str
    """'seen 20 of 20'; empty for a session that is not checked."""
    verdict: str
    """'as expected'; empty while nothing can be said."""
    style: str
    """Of both."""
    most: int
    """Lines at most, where the screen has room for them."""


class TourDesk:
    """Owner: the dashboard."""

    def __init__(
        self, digest: Digest, keys: KeyBindings, leave_with: Callable[[int], None], section: Section | None = None
    ) -> None:
        self._digest, self._keys, self._leave_with = digest, keys, leave_with
        self.section = section
        self._page = 0
        self._closed = False
        self._found: Expectation | None = None
        self._frames = CHECK_FRAMES
        """Since the last check."""
        self._checked_ns: int | None = None
        """Session time of the last check; None until there were requests to check."""
        self._over = False
        self._frame_ns = self._stood_ns = -1
        """Session time of the last frame, and that at which time stood still last."""

    def follow(self, snapshot: Snapshot) -> None:
        """Once in each frame."""
        over, now_ns = is_over(snapshot), snapshot.now_ns
        stands_still = now_ns == self._frame_ns != self._stood_ns
        if stands_still:
            self._stood_ns = now_ns
        self._frame_ns = now_ns
        if not self._closed and (stands_still or over != self._over or self._is_due(now_ns)):
            self._found = expectation_of(self._digest)
            self._frames = 0
            self._checked_ns = now_ns if snapshot.completed else None
        self._frames, self._over = self._frames + 1, over

    def _is_due(self, now_ns: int) -> bool:
        """A replay may have gone back."""
        wait_ns = CHECK_NS * (1 + len(self._digest.history) // REQUESTS_A_CHECK)
        passed = self._checked_ns is None or abs(now_ns - self._checked_ns) >= wait_ns
        return passed and self._frames >= CHECK_FRAMES

    @property
    def shown(self) -> bool:
        return not self._closed and (self.section is not None or self._found is not None)

    @property
    def text(self) -> CaptionText | None:
        """None where there is nothing to say."""
        if not self.shown:
            return None
        found, section = self._found, self.section
        seen, verdict, style = "", "", ""
        if found is not None:
            seen, verdict, style = f"seen {found.seen}", verdict_text(found, over=self._over), STYLES[found.ok]
        if section is None:
            look = self._filled(CHECKS[self._check].look) if self._check in CHECKS else ""
            return CaptionText(
                "EXPECTED", found.expected if found is not None else "", look, seen, verdict, style, EXPECTED_LINES
            )
        expected = f"expected: {found.expected}" if found is not None else ""
        label = f"LEARN {section.number}/{section.of}"
        return CaptionText(label, self._filled(section.pages[self._page]), expected, seen, verdict, style, LEARN_LINES)

    def offered(self, scopes: tuple[Scope, ...]) -> tuple[str, ...]:
        """Ids of the commands that the footer offers in a view of these scopes, whose own keys win."""
        taken = {key for command in in_scope(*scopes) for key in self._keys.of(command.id)}
        ids = {"tour-next": "next", "tour-back": "back", "tour-end": "end"}
        return tuple(id_ for id_, what in ids.items() if self.can(what) and not taken & set(self._keys.of(id_)))

    def act(self, what: str) -> None:
        """'next', 'back' or 'end'."""
        section = self.section
        if what == "end":
            self._closed = True
        elif section is not None:
            page = self._page + (1 if what == "next" else -1)
            if 0 <= page < len(section.pages):
                self._page = page
            elif what == "next":
                self._leave_with(NEXT)
            elif section.number > 1:
                self._leave_with(BACK)

    def can(self, what: str) -> bool:
        """A section of `ovtui learn` is left by going on or back, or by the keys that end every dashboard; escape
        leaves it alone."""
        section = self.section
        if section is None:
            return self.shown and what == "end"
        return what == "next" or (what == "back" and (self._page > 0 or section.number > 1))

    @property
    def _check(self) -> str:
        session = self._digest.session_state.session
        return session.experiment.check if session is not None and session.experiment is not None else ""

    def _filled(self, text: str) -> str:
        views = {view.name: self._keys.first(f"view-{view.name}") for view in VIEW_KEYS}
        return text.format(switch=self._keys.first("switch"), settings=self._keys.first("settings"), **views)
