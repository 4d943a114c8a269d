"""What view 2 asks of the requests: sorted by a column, filtered, or both; where the answer comes from.

The requests that are in memory answer at once, and new ones are added to the answer as they come back. Over a recording
with more requests than memory keeps, the file answers in a thread: for all requests up to the position of the replay.
A live session is not searched in its file: that would take the cores from what is measured."""

from __future__ import annotations

from dataclasses import replace

from ovtui.dashboard.requests.found_requests import Coverage, FoundRequests
from ovtui.metrics.digest import Digest
from ovtui.metrics.queries.recorded_search import RecordedNeighbours, RecordedSearch
from ovtui.metrics.queries.top_requests import RequestQuery, TopRequests
from ovtui.metrics.session.request_history import RequestHistory
from ovtui.metrics.snapshot import Snapshot
from ovtui.records.completion_order import SEEN_WITHIN, number_by_completion
from ovtui.records.record import Records
from ovtui.records.session_file.replay import Replay
from ovtui.records.source import Source


class RequestSearch:
    """Owner: view 2."""

    def __init__(self, digest: Digest, source: Source) -> None:
        self._digest = digest
        self._path = source.path if isinstance(source, Replay) else ""
        self._neighbours = RecordedNeighbours(self._path)
        self.query = RequestQuery()
        self._top: TopRequests | None = None
        """The answer so far; None where there is no question, or the file has still to answer."""
        self._history: RequestHistory | None = None
        self._until = 0
        """The place in the session up to which requests were looked at."""
        self._newest_only = False
        self._known: object = None
        """What the flags depended on when the answer was begun."""
        self._changed = False
        self.job: RecordedSearch | None = None
        """The search of the file that runs."""
        self.problem = ""
        """Why the file could not answer this question whole."""

    @property
    def asked(self) -> bool:
        return self.query.filter is not None or bool(self.query.column)

    @property
    def progress_text(self) -> str:
        """'searching the recording: 34 %' while the file is searched; else empty."""
        return "" if self.job is None else f"searching the recording: {100 * self.job.share:.0f} %"

    def ask(self, query: RequestQuery) -> None:
        """Begins a question, and calls off the one before."""
        self.query = query
        self._history = self._top = None
        self.problem = ""
        self.end_job()

    def end_job(self) -> None:
        if self.job is not None:
            self.job.cancel()
            self.job = None

    def close(self) -> None:
        self.end_job()
        self._neighbours.close()

    def follow(self, snapshot: Snapshot) -> FoundRequests | None:
        """The answer with what is new since the last call; None where it is the same, or still to come. Where it has to
        come from the file, `job` is new, and the caller runs it."""
        if not self.asked:
            return None
        history = self._digest.history
        known = (snapshot.warm_up, tuple((key, found.verdict) for key, found in self._digest.judgements.items()))
        if history is not self._history or (known != self._known and self.job is None):
            self._begin(history)
            self._known = known
        if self.job is not None and self.job.done:
            job, self.job = self.job, None
            self._top, self._until, self._changed = job.top, job.count, True
            self.problem, self._newest_only = job.problem, False
        if self._top is None:
            return None
        if history.first_kept > self._until:
            if self.job is None:  # it was out of sight, or a replay went on faster than the file was read
                self._begin(history)
        elif self.job is None:
            self._add_new(history)
        if not self._changed or self._top is None:
            return None
        self._changed = False
        return FoundRequests(self._top, Coverage(self._top.seen, history.total, self._newest_only), self._settle)

    def _begin(self, history: RequestHistory) -> None:
        """Asks the file, or the history from its oldest record on."""
        if history is not self._history:  # a replay that begins again makes the shapes known anew
            self._top = None
            self.query = replace(self.query, shapes=self._digest.by_shape.known)
        self._history = history
        self.problem = ""
        self.end_job()
        if self._path and history.first_kept:
            marks = (history.settle, self._digest.mark_left_out)
            self.job = RecordedSearch(self._path, history.total, self.query, marks)
            return
        self._top, self._until = TopRequests(self.query), history.first_kept
        self._newest_only, self._changed = bool(history.first_kept), True
        self._add_new(history)

    def _add_new(self, history: RequestHistory) -> None:
        assert self._top is not None
        count = history.total - self._until
        if not count:
            return
        first = max(self._until - SEEN_WITHIN, history.first_kept)
        records = history.view(first, history.total - first)
        number_by_completion(records, self._until - first)
        new = records[self._until - first :]
        self._digest.mark_left_out(new)
        self._changed |= self._top.add(new, self._until) or self.query.filter is not None
        self._until = history.total

    def _settle(self, records: Records) -> None:
        self._digest.history.settle(records)
        self._digest.mark_left_out(records)

    def around(self, place: int, reach: int) -> Records:
        """What completed around a request at this place in the session, from memory or from the file."""
        history = self._digest.history
        if place >= history.first_kept + reach or not self._path:
            return history.view(place - reach, 2 * reach + 1)
        return self._neighbours.around(place, reach) if history.first_kept else history.view(0, place + reach + 1)
