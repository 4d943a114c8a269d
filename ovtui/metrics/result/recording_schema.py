"""How far the recording of a session reaches, in the Result."""

from __future__ import annotations

import msgspec


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """The recording of the session: of `ovtui replay` the one that was read, of a run the one that was made."""

    ended: bool | None
    """True: it reaches to the end of the session. False: it breaks off. null: it is still being recorded, or
    nothing tells. Of a run the same that its recording tells later."""
    breaks_off_at_s: float | None
    """Where it breaks off, in s from when the load's first request was due; null where it does not, and before and
    after a load."""
    planned_s: float | None
    """How long the load was to last; null without a duration, and where it does not break off."""
    reason: str
    """Why it breaks off: 'the disk is full'; empty where that is not known, as where its host was killed."""
    damage: str
    """What of it cannot be read; empty where all can. Figures are of the rest."""
    text: str
    """All of this in a sentence; empty for a whole recording."""
