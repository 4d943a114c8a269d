"""The list of the settings pane: its headings and rows in order, folding, search, and the selected line. No Textual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ovtui.dashboard.settings_pane.pane_rows import PaneItem, SettingItem
from ovtui.dashboard.settings_pane.property_items import AddItem, PropertyItem
from ovtui.settings.openvino_properties.rows import ListedProperties, property_rows
from ovtui.settings.schema.fields import fields_by_group
from ovtui.settings.schema.settings import Settings

FIRST_SELECTED = "device"
"""The row that is selected at first: what people change first."""
_ANY_PROPERTY_GROUP = "Any property"


@dataclass(frozen=True, slots=True)
class Heading:
    group: str
    count: int
    """Rows under it."""
    changed: int = 0
    """How many of those rows a person has set."""
    foldable: bool = False
    folded: bool = False

    @property
    def id(self) -> str:
        return f"group:{self.group}"


Line = Heading | PaneItem


class PaneList:
    def __init__(self) -> None:
        self.selected = FIRST_SELECTED
        """Id of the selected line: a row, or a heading that can be folded."""
        self.filter = ""
        self._settings: list[PaneItem] = [
            SettingItem(field)
            for fields in fields_by_group(Settings).values()
            for field in fields
            if field.type is not dict
        ]
        self._properties: list[PaneItem] = []
        self._unfolded: set[str] = set()
        self.lines: list[Line] = []
        self._rebuild_lines()

    def set_properties(self, listed: ListedProperties, settings: Settings) -> None:
        """Makes the rows of the properties that the devices list, for the wanted device."""
        items = [PropertyItem(row, f"{row.device} properties") for row in property_rows(listed, settings)]
        self._properties = [*items, AddItem(_ANY_PROPERTY_GROUP)]
        self._rebuild_lines()

    def search(self, text: str) -> None:
        """Shows only the rows that contain every word of `text`; an empty text shows all rows."""
        selected, self.filter = self.selected, text.strip()
        if not self.filter:
            self.select(selected)
            return
        self._rebuild_lines()
        item = self.item
        if item is None or not item.matches_words(self._filter_words):
            self.selected = next((item.id for item in self.items), self.selected)

    @property
    def items(self) -> list[PaneItem]:
        """The rows in the list, without the headings."""
        return [line for line in self.lines if not isinstance(line, Heading)]

    @property
    def item(self) -> PaneItem | None:
        """The selected row; None where a heading is selected, or nothing."""
        return next((item for item in self.items if item.id == self.selected), None)

    @property
    def heading(self) -> Heading | None:
        return next((line for line in self.lines if isinstance(line, Heading) and line.id == self.selected), None)

    @property
    def total(self) -> int:
        return len(self._settings) + len(self._properties)

    def selected_index(self) -> int:
        """Index in `lines` of the selected line."""
        return next((index for index, line in enumerate(self.lines) if line.id == self.selected), 0)

    def move(self, lines: int) -> None:
        """Moves the selection down by `lines`, past headings that cannot be folded."""
        ids = [line.id for line in self.lines if not isinstance(line, Heading) or line.foldable]
        if ids:
            index = ids.index(self.selected) if self.selected in ids else 0
            self.selected = ids[max(0, min(index + lines, len(ids) - 1))]

    def select(self, id_: str) -> None:
        """Selects a row; where a fold or the search hides it, opens the fold or ends the search."""
        item = next((item for item in (*self._settings, *self._properties) if item.id == id_), None)
        if item is not None:
            if self.filter and not item.matches_words(self._filter_words):
                self.filter = ""
            self._unfolded.add(item.group)
            self._rebuild_lines()
        self.selected = id_

    def fold(self, group: str) -> None:
        """Folds or unfolds a group."""
        self._unfolded ^= {group}
        self.selected = f"group:{group}"
        self._rebuild_lines()

    @property
    def _filter_words(self) -> Sequence[str]:
        return self.filter.lower().split()

    def _rebuild_lines(self) -> None:
        found = [item for item in (*self._settings, *self._properties) if item.matches_words(self._filter_words)]
        lines: list[Line] = []
        for group in dict.fromkeys(item.group for item in found):
            members = [item for item in found if item.group == group]
            foldable = isinstance(members[0], PropertyItem) and not self.filter
            folded = foldable and group not in self._unfolded
            changed = sum(isinstance(item, PropertyItem) and item.row.changed for item in members)
            lines.append(Heading(group, len(members), changed, foldable, folded))
            lines += [] if folded else members
        self.lines = lines
        known = {line.id for line in lines}
        if self.selected not in known:
            self.selected = next((line.id for line in lines if not isinstance(line, Heading)), self.selected)
