"""Which boxes there are of which kind."""

from __future__ import annotations

from collections.abc import Mapping

from ovtui.fleet import compared_facts
from ovtui.fleet.box import FleetError
from ovtui.records.fleet import BoxFacts
from ovtui.settings.listing import first_few
from ovtui.settings.shown_text import in_quotes


def by_kind(facts: Mapping[str, BoxFacts]) -> dict[str, list[str]]:
    """The names of the boxes of each kind, the kind with the most boxes first."""
    return dict(sorted(compared_facts.by_kind(facts).items(), key=lambda item: -len(item[1])))


def chosen_kinds(kinds: Mapping[str, list[str]], asked: str) -> dict[str, list[str]]:
    """Those whose name has this text in it, whatever its case; all for ''. Raises FleetError where that is none, or not
    one alone."""
    if not asked:
        return dict(kinds)
    found = [kind for kind in kinds if kind.casefold() == asked.casefold()]
    found = found or [kind for kind in kinds if asked.casefold() in kind.casefold()]
    if len(found) == 1:
        return {found[0]: kinds[found[0]]}
    there = first_few([in_quotes(kind) for kind in found or kinds], 6)
    what = "names several kinds" if found else "names no kind of box that was reached"
    raise FleetError(f"--kind {in_quotes(asked)} {what}: there are {there}" if there else f"--kind: {what}")
