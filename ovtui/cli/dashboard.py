"""`ovtui [MODEL]`: start the host, then import the screen while the engine starts."""

from __future__ import annotations

import click

from ovtui.cli.exits import Exit
from ovtui.host.client import LiveSession
from ovtui.settings.schema import Settings


def open_dashboard(settings: Settings) -> int:
    try:
        session = LiveSession(settings)
    except OSError as error:
        raise click.ClickException(f"no host process can be started: {error.strerror}") from None
    try:
        from ovtui.dashboard.app import run_dashboard

        outcome = run_dashboard(session)
    finally:
        session.close()
    from ovtui.metrics.summary import summary_lines

    digest = outcome.digest
    if digest.snapshot().completed:
        print("\n".join(summary_lines(digest)))
    story = digest.story
    if outcome.signal:
        return Exit.INTERRUPTED
    if story.phase == "failed":
        raise click.ClickException(story.failure)
    return Exit.FINE
