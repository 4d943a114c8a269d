"""`ovtui follow`: one JSON line after another about a running session, for a program at the far end of a slow line."""

from __future__ import annotations

import click

from ovtui.cli import completers
from ovtui.cli.exits import Exit
from ovtui.cli.path_type import PATH
from ovtui.cli.sessions import session_argument
from ovtui.cli.streams import require_stdout
from ovtui.settings.shown_text import in_quotes

LEAST_EVERY_S, MOST_S = 0.1, 86_400.0


class Seconds(click.ParamType[float]):
    """'2s' or '2'."""

    name = "time"

    def __init__(self, least_s: float) -> None:
        self._least_s = least_s

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        text = str(value).strip()
        try:
            time_s = float(text.removesuffix("s"))
        except ValueError:
            time_s = float("nan")
        if not self._least_s <= time_s <= MOST_S:
            self.fail(
                f"{in_quotes(text[:40])} is no time from {self._least_s:g} s to {MOST_S:g} s, such as 2s", param, ctx
            )
        return time_s


@click.command()
@session_argument
@click.option(
    "--record", type=PATH, default="", metavar="PATH", shell_complete=completers.recordings,
    help="The session that records into this file; where it is over, its end is told from the file.",
)  # fmt: skip
@click.option(
    "--every", "every_s", type=Seconds(LEAST_EVERY_S), default="2s", show_default=True, metavar="TIME",
    help="A line at least so often, also where nothing is new.",
)  # fmt: skip
@click.option(
    "--wait", "wait_s", type=Seconds(0.0), default="0s", show_default=True, metavar="TIME",
    help="How long to wait for a session that has not begun yet.",
)  # fmt: skip
def follow(session: str, record: str, every_s: float, wait_s: float) -> int:
    """Write how a running session stands.

    One JSON object a line, and the session's result once its load has ended. Nothing of the session changes, whatever
    becomes of this command. ID, or its beginning, is needed where several run."""
    from ovtui.cli.following import follow_session

    if session and record:
        raise click.UsageError("an ID and --record both name the session; leave one of them out")
    require_stdout("what is followed")
    try:
        return follow_session(session, record, every_s=every_s, wait_s=wait_s)
    except BrokenPipeError:  # the reader has gone
        return Exit.FAILED
    except KeyboardInterrupt:  # click would end stderr's line
        return Exit.INTERRUPTED
