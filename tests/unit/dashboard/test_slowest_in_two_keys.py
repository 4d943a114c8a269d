"""The slowest request of the session is found in two keys at most, from view 1: see test_ten_jobs.py for the others."""

from __future__ import annotations

from stage import Stage, on_stage

from ovtui.records.record import response_ms

MOST = 2
KEYS = ("exclamation_mark",)


def test_the_slowest_request_is_under_the_cursor_in_view_2() -> None:
    async def act(stage: Stage) -> None:
        await stage.advance(5)
        assert len(KEYS) <= MOST
        await stage.press(*KEYS)
        await stage.advance(0.5)
        view = stage.app.view
        assert view is not None
        assert view.number == 2
        row = view.export_row()
        assert row is not None
        under_cursor = dict(zip(row.headings, row.rows()[0], strict=True))
        history = stage.app.digest.history
        slowest = max(response_ms(history.tail(len(history))))
        assert response_ms(history.view(int(under_cursor["seq"]), 1))[0] == slowest

    on_stage(act)
