"""How fast the line to the terminal is, found by asking the terminal after each frame whether it is well (DSR).

SSH takes megabytes before a write blocks: 64 kB and more wait in sockets and in its window, seconds of a slow line, and
each key's answer waits behind them. What the terminal has answered to has arrived. So a frame is sent when the line has
carried the ones before it, or is about to: what is on its way is at most what the line carries within its round trip
and 0.1 s. A terminal that has never answered is drawn on as fast as it takes what is written. tmux answers in place of
the terminal behind it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from textual.message import Message

QUESTION, ANSWER = "\x1b[5n", "\x1b[0n"
"""DSR, 'report your status'; 'I am well'. Not the cursor's place, whose answer is a key (F3) on some terminals."""
GIVEN_UP_S = 5.0
"""An answer that is not there after this time may never come: one frame is sent without it."""
SOONEST_GIVEN_UP_S, _TRIPS_GIVEN_UP = 1.0, 4
"""So soon, and after so many times what the line needs for it, where that is known: one answer that got lost must not
hold the screen for GIVEN_UP_S. Each that is given up in succession doubles the time."""
MOST_GIVEN_UP = 12
"""So many in succession: the terminal is taken for one that does not answer."""
QUEUE_S = 0.1
"""What may wait on the line when a frame is sent, as time that the line needs for it."""
SHORT_TRIP_S = 0.05
"""Where an answer comes sooner, a frame waits for the one before it to be answered."""
FAST_BYTES_PER_S, UNASKED_BYTES = 200_000, 4_096
"""A line of so many bytes a second and a short trip carries so many without being asked."""
OVERDUE_S = 0.2
"""An answer that is so late: the line carries nothing at present."""
_TOLERANCE_S = 0.02
"""Of an answer's time: terminals that draw 60 times a second answer as often."""
_TOLERATED_SHARE = 1 / 8
"""Of it at most, where the trip is not short: there small frames would make the line seem faster by half."""
_LEAST_BYTES = 1024
"""Smaller frames tell nothing of a line's rate: what they take is the terminal's own time."""
_SAMPLES = 8
_SLOW_BELOW, _FREE_FROM = 1.5, 2.5
"""A line is slow where it carries less than so many times the bytes that were sent in _LOOKED_AT_S, and no longer where
it carries more than so many times of that."""
_LOOKED_AT_S = 4.0
PIECE_S = 0.06
"""Of the line's time, for each frame: the rest of a larger one is sent after it, newer by then."""
_BYTES_A_CELL = 2.5
"""Of a plot in braille: three of the character, its colours, the way to it."""
_WAITED_SHARE, _HARDLY_WAITED = 0.7, 0.2
"""Of the time in which frames waited for the line: from the one on it is slow, however much of it they used, since with
one frame on its way at a time the line rests for a round trip after each; below the other it is no longer."""
_MORE_FRAMES = 4
"""So many times the bytes that a slow line is sent, at one frame a second, are those of the chosen pace at most."""
_LEAST_WAIT_S, LONGEST_WAIT_S = 0.3, 4.0
"""At the end of the screen."""
_FIRST_ANSWER_S = 3.0
"""From the first question on: a terminal that has not answered by then is not waited for."""
_FRAMES = 8
"""So many frames make the mean of their bytes."""


class LineAnswer(Message):
    """The terminal has answered. For the driver, which keeps it."""


class _Sent(NamedTuple):
    at_s: float
    bytes: int


class LineGauge:
    """Owner: the driver. `asked` and what is read: the app's thread; `answered`: the thread that reads the input."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Condition()
        self._unanswered: deque[_Sent] = deque()
        self._answered_s = float("-inf")
        self._round_trip_s = float("inf")
        self._samples: deque[tuple[int, float]] = deque(maxlen=_SAMPLES)
        """Bytes, and seconds in which the line carried them."""
        self._frames: deque[int] = deque(maxlen=_FRAMES)
        self.answers = False
        """The terminal answers, as far as is known."""
        self._unasked = 0
        """Bytes since the last question."""
        self._given_up = 0
        """Answers in succession that did not come."""
        self._slow_need = 0.0
        """Bytes a second for which the line was too slow; 0 where it is fast enough."""
        self._sent: deque[_Sent] = deque()
        """In the last _LOOKED_AT_S."""
        self._began_s: float | None = None
        self._owed = 0
        """Questions that were given up, and may be answered yet."""
        self._waits_from_s: float | None = None
        """Since when a frame waits for the line; None where none does."""
        self._waits: deque[tuple[float, float]] = deque()
        """From and to when frames waited, in the last _LOOKED_AT_S."""

    def wants_question(self, count: int) -> bool:
        """A frame of so many bytes is to end with the question. On a fast line small ones need none: each answer takes
        0.1 ms of CPU."""
        with self._lock:
            if not self.answers:
                return False
            rate = self._rate()
            is_fast = rate is not None and rate > FAST_BYTES_PER_S and self._round_trip_s < SHORT_TRIP_S
            if is_fast and self._unasked + count < UNASKED_BYTES:
                self._unasked += count
                return False
            return True

    def asked(self, count: int) -> None:
        """So many bytes were sent, the question last."""
        with self._lock:
            self._frames.append(count)
            count, self._unasked = count + self._unasked, 0
            self._unanswered.append(_Sent(self._clock(), count))
            self._sent.append(self._unanswered[-1])
            self._began_s = self._clock() if self._began_s is None else self._began_s

    def answered(self) -> None:
        now_s = self._clock()
        with self._lock:
            if not self._unanswered:
                return
            taken_s = now_s - self._unanswered[0].at_s
            if self._owed and taken_s < self._round_trip_s / 2:  # too soon: it is the answer to a question before
                self._owed -= 1
                return
            sent = self._unanswered.popleft()
            self.answers, self._given_up = True, 0
            self._round_trip_s = min(self._round_trip_s, taken_s)
            if sent.bytes >= _LEAST_BYTES:
                began_s = max(sent.at_s + self._round_trip_s, self._answered_s)
                carried_s = max(now_s - began_s, 0)
                short = self._round_trip_s < SHORT_TRIP_S
                tolerated_s = _TOLERANCE_S if short else min(_TOLERANCE_S, carried_s * _TOLERATED_SHARE)
                self._samples.append((sent.bytes, max(carried_s - tolerated_s, 0)))
            self._answered_s = now_s
            self._lock.notify_all()

    def is_open(self) -> bool:
        """A frame may be sent now: the line has carried what was sent before, or will have within QUEUE_S. To be asked
        where there is one."""
        with self._lock:
            now_s, is_open = self._clock(), self._carries_more()
            if not is_open:
                self._waits_from_s = now_s if self._waits_from_s is None else self._waits_from_s
            elif self._waits_from_s is not None:
                self._waits.append((self._waits_from_s, now_s))
                self._waits_from_s = None
            return is_open

    def _carries_more(self) -> bool:
        if not self.answers or not self._unanswered:
            return True
        if self._clock() - self._unanswered[0].at_s >= self._patience_s():
            self._owed += len(self._unanswered)
            self._unanswered.clear()
            self._given_up += 1
            self.answers = self._given_up < MOST_GIVEN_UP
            return True
        rate = self._rate()
        if rate is None or self._round_trip_s < SHORT_TRIP_S:
            return False
        on_the_way = self._on_the_way()
        due_s = self._unanswered[0].at_s + self._round_trip_s + on_the_way / rate
        carries = self._clock() < due_s + OVERDUE_S
        return carries and on_the_way + self._mean_frame() <= rate * (self._round_trip_s + QUEUE_S)

    def _on_the_way(self) -> int:
        return sum(sent.bytes for sent in self._unanswered)

    def _patience_s(self) -> float:
        """From a question to when its answer is given up."""
        rate = self._rate()
        if rate is None:
            return GIVEN_UP_S
        needed_s = _TRIPS_GIVEN_UP * (self._round_trip_s + self._on_the_way() / rate)
        patience_s = max(needed_s, SOONEST_GIVEN_UP_S)
        return min(patience_s * float(1 << self._given_up), GIVEN_UP_S)

    @property
    def given_up_in_s(self) -> float:
        """When to ask again whether it is open, where no answer comes."""
        with self._lock:
            if not self._unanswered:
                return 0.0
            return max(self._unanswered[0].at_s + self._patience_s() - self._clock(), 0.0)

    def lost_sight(self) -> None:
        """Another one has read the terminal meanwhile, and perhaps the answers."""
        with self._lock:
            self._owed += len(self._unanswered)
            self._unanswered.clear()

    def _rate(self) -> float | None:
        """Bytes a second; None where it is not known."""
        if not self._samples:
            return None
        carried = sum(count for count, _ in self._samples)
        return carried / max(sum(taken_s for _, taken_s in self._samples), 1e-3)

    def _mean_frame(self) -> float:
        """Bytes of a frame, without the greatest of the last ones: a first paint, another view."""
        usual = sorted(self._frames)[: max(len(self._frames) - 1, 1)]
        return sum(usual) / max(len(usual), 1)

    @property
    def most_cells(self) -> int | None:
        """Of a frame, that the line carries it within PIECE_S; None where nothing limits it."""
        with self._lock:
            rate = self._rate() if self.answers else None
            return None if rate is None else int(rate * PIECE_S / _BYTES_A_CELL) + 1

    @property
    def is_slow(self) -> bool:
        """The line is busy with what is sent, and leaves too little room for answers to keys."""
        with self._lock:
            now_s, rate = self._clock(), self._rate()
            while self._sent and self._sent[0].at_s < now_s - _LOOKED_AT_S:
                self._sent.popleft()
            waited = self._waited_share(now_s)
            if not self.answers or rate is None or self._began_s is None or now_s < self._began_s + _LOOKED_AT_S:
                return self._slow_need > 0
            need = sum(sent.bytes for sent in self._sent) / _LOOKED_AT_S
            if self._slow_need == 0:
                if rate < _SLOW_BELOW * need:
                    self._slow_need = need
                elif waited >= _WAITED_SHARE and self._given_up == 0:
                    self._slow_need = rate / _SLOW_BELOW
            elif rate > _FREE_FROM * min(self._slow_need, _MORE_FRAMES * need) and waited < _HARDLY_WAITED:
                self._slow_need = 0.0
            return self._slow_need > 0

    def _waited_share(self, now_s: float) -> float:
        """Of the last _LOOKED_AT_S, that in which frames waited for the line."""
        from_s = now_s - _LOOKED_AT_S
        while self._waits and self._waits[0][1] <= from_s:
            self._waits.popleft()
        waited_s = sum(end_s - max(begin_s, from_s) for begin_s, end_s in self._waits)
        if self._waits_from_s is not None:
            waited_s += now_s - max(self._waits_from_s, from_s)
        return waited_s / _LOOKED_AT_S

    def wait_for_answers(self, longest_s: float = LONGEST_WAIT_S) -> None:
        """At the end of the screen: an answer that comes later would be written into the shell."""
        with self._lock:
            now_s, rate = self._clock(), self._rate()
            if self.answers:
                needed_s = 2 * self._round_trip_s + self._on_the_way() / rate if rate else 2 * self._round_trip_s
            elif self._unanswered and self._given_up == 0:
                needed_s = self._unanswered[0].at_s + _FIRST_ANSWER_S - now_s
            else:
                needed_s = 0
            end_s = now_s + min(max(needed_s, _LEAST_WAIT_S), longest_s)
            while self._unanswered and (left_s := end_s - self._clock()) > 0:
                self._lock.wait(left_s)
            self._unanswered.clear()
