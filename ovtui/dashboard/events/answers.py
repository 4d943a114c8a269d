"""What the dashboard itself has told: answers to keys, and notices that stay in the event line for a while."""

from __future__ import annotations

from dataclasses import replace

from ovtui.metrics.handover.event_text import EventText
from ovtui.records.events import Severity

ANSWER_LABEL = "ANSWER"
NOTICE_NS = 16_000_000_000
"""How long a notice stays in the event line, unless something more important happens."""
_KEPT = 500


class Answers:
    """Owner: the dashboard. Times are the session's, so that answers stand between its events."""

    def __init__(self) -> None:
        self.kept: list[EventText] = []
        """The newest _KEPT answers and notices, oldest first."""
        self._notices: list[EventText] = []
        self._untold: list[EventText] = []

    def add(self, t_ns: int, text: str) -> None:
        """An answer to a key. The same one again, as of a key that is held down, only moves on."""
        answer = EventText(t_ns, ANSWER_LABEL, text, "info")
        if self.kept and (self.kept[-1].label, self.kept[-1].text) == (answer.label, answer.text):
            self.kept[-1] = answer
            return
        self._keep(answer)

    def notice(self, label: str, text: str, severity: Severity = "info") -> None:
        """What nobody has asked for: problems with the config's keys, where a recording comes from. Its time is that of
        the frame which shows it first."""
        self._untold.append(EventText(0, label, text, severity))

    def notice_at(self, now_ns: int) -> EventText | None:
        """The notice for the event line: of those that are new, a warning before others, then the newest."""
        for told in self._untold:
            self._notices.append(replace(told, t_ns=now_ns))
            self._keep(self._notices[-1])
        self._untold.clear()
        new = [told for told in self._notices if 0 <= now_ns - told.t_ns <= NOTICE_NS]
        return max(new, key=lambda told: (told.severity != "info", told.t_ns), default=None)

    def rewind(self, now_ns: int) -> None:
        """A replay has gone back to this moment: what was answered after it is no longer in its past."""
        self.kept = [told for told in self.kept if told.t_ns <= now_ns]

    def _keep(self, told: EventText) -> None:
        self.kept.append(told)
        del self.kept[:-_KEPT]
