"""The foot of the settings pane: what the row means, what is staged, and what will become of it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from ovtui.dashboard.fitting import cut, one_line
from ovtui.dashboard.staging import Staging
from ovtui.dashboard.stepping import choices
from ovtui.dashboard.widgets.header import compiles_beside, since
from ovtui.dashboard.widgets.panel import Panel
from ovtui.metrics.snapshot import Snapshot
from ovtui.metrics.story import Story
from ovtui.settings.fields import Field


class PaneFoot(Panel):
    _help: Content = Content()
    _staged: Content = Content()
    _status: Content = Content()

    def show(
        self, snapshot: Snapshot, staging: Staging, field: Field, available: Sequence[str], read_only: bool
    ) -> None:
        self._help = _about(field, available)
        self._staged = _staged_list(staging)
        self._status = _status(snapshot, staging, read_only)
        self.redraw()

    def draw(self, width: int) -> Content:
        """The help gets what the staged list and the status leave."""
        inner, height = max(width - 3, 10), max(self.size.height, 1)
        status = self._status.wrap(inner)[:2] if self._status else []
        staged = self._staged.wrap(inner) if self._staged else []
        room = max(height - 1 - len(status), 1)
        if len(staged) > room:
            staged = [*staged[: room - 1], Content(cut(f"{staged[room - 1].plain} …", inner - 2) + " …")]
        free = height - len(staged) - len(status)
        about = self._help.wrap(inner)[: max(free, 0)]
        blank = [Content()] * (free - len(about))
        return Content("\n").join(Content("  ") + line for line in [*about, *blank, *staged, *status])


def _about(field: Field, available: Sequence[str]) -> Content:
    options = [str(option) for option in choices(field, available) if not isinstance(option, bool)]
    listed = f"  [{' · '.join(options)}]" if options else ""
    applies = f" Acts on {field.knob.applies}." if field.knob.applies else ""
    return Content.styled(one_line(field.knob.help) + applies + listed, "$dim")


def _staged_list(staging: Staging) -> Content:
    changes = staging.staged_changes()
    if not changes:
        return Content()
    listed = ", ".join(f"{label} {one_line(old)} → {one_line(new)}" for label, old, new in changes)
    return Content.assemble((f"{len(changes)} staged: ", "bold $warning"), listed)


def _status(snapshot: Snapshot, staging: Staging, read_only: bool) -> Content:
    story = snapshot.story
    if read_only:
        return Content.styled("read-only: nothing can be changed", "$dim")
    if compiles_beside(story):
        took = since(story.engines[story.compiling].spawned_ns, snapshot.now_ns)
        return Content.styled(f"compiling new engine, {took}; old one serves", "bold $accent")
    if story.refused is not None:
        # The reason stands in the event line.
        return Content.assemble(("refused; correct it, or ", "$error"), ("U", "bold $key"), (" undo all", "$error"))
    if staging.applying:
        return Content.styled("applying…", "bold $accent")
    if staging.staged:
        return Content.assemble(
            ("x", "bold $key"), (f" apply ({_estimate(story)})", "$dim"), ("  u", "bold $key"), (" undo", "$dim")
        )
    return Content()


def _estimate(story: Story) -> str:
    """What applying takes, from how long the engine in force took."""
    engine = story.engine
    if engine is None or engine.compiled is None:
        return "recompiles"
    took_s = (engine.compiled.t_ns - engine.spawned_ns) / 1e9
    return f"recompiles, about {took_s:.0f} s, keeps serving" if took_s >= 1 else "recompiles, keeps serving"
