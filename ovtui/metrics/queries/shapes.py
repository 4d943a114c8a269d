"""Figures by data shape: of each shape that `--data-shape` cycles through, as a group like that of a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ovtui.metrics.digest import Digest
from ovtui.metrics.groups.by_shape import OTHER_SHAPES
from ovtui.metrics.groups.group_figures import GroupFigures
from ovtui.metrics.groups.tally import Tally


@dataclass(frozen=True, slots=True)
class ShapeRow:
    shape: str
    """As DataShape.text; OTHER_SHAPES for the shapes that have no group of their own."""
    items: int | None
    """Of a request; None where that is not known."""
    figures: GroupFigures


def shape_rows(digest: Digest, *, segment: bool = False) -> list[ShapeRow]:
    """Of every shape of which a request came back, in the order in which they were given: over the run, or in the
    segment in force."""
    groups: Mapping[str, Tally] = digest.by_shape.segment if segment else digest.by_shape.run
    newest, rule = digest.by_shape.known.newest, digest.warm_up_rule
    return [
        ShapeRow(text, newest[text].items if text in newest else None, GroupFigures(groups[text], rule))
        for text in (*newest, OTHER_SHAPES)
        if text in groups
    ]
