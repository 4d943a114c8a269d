"""Assembles full batches from records that arrive in pieces, and computes when each batch fired.

A worker of OpenVINO's automatic batching fires when the last of its requests is queued. So a full batch fired at the
submission of its last member, and each member waited from its own submission until then. This is as exact as the batch
ids are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ovtui.records.arrays import Bools, Ints
from ovtui.records.record import UNMEASURED, Records, empty_records

MAX_OPEN_MEMBERS = 4096
"""Members of incomplete batches that are kept. The limit is needed because a batch with a failed member never becomes
complete."""


@dataclass(frozen=True, slots=True)
class FiredBatches:
    """Columns [n] of full batches; all of their members are known and measured."""

    key: Ints
    """segment_device_key of the member that completed first."""
    size: Ints
    first_wait_ns: Ints
    """From the first to the last submission."""
    waited_ns: Ints
    """Sum over all members."""
    run_ns: Ints
    """From the last submission to the first completion: queueing behind other runs, and the run itself."""
    done_ns: Ints
    """Completion of the first member."""

    def of_segment(self, segment: int) -> FiredBatches:
        chosen = self.key >> 8 == segment
        columns = (self.key, self.size, self.first_wait_ns, self.waited_ns, self.run_ns, self.done_ns)
        return self if chosen.all() else FiredBatches(*(column[chosen] for column in columns))


class BatchAssembler:
    """Takes records in order of arrival and returns each batch once, when it is complete. Owner: Breakdowns."""

    def __init__(self) -> None:
        self._open = _columns(empty_records())

    def add(self, records: Records) -> FiredBatches | None:
        """The batches that these records complete, or None. 12,500 records cost 0.5 ms."""
        together = (records["batch_size"] > 1) & (records["batch_id"] > 0)
        if not together.any():
            return None
        new = _columns(records)
        if not together.all():
            new = {name: column[together] for name, column in new.items()}
        if len(self._open["batch_id"]):
            new = {name: np.concatenate((self._open[name], column)) for name, column in new.items()}
        fired, left = _assemble(new)
        self._open = {name: column[left[-MAX_OPEN_MEMBERS:]] for name, column in new.items()}
        return fired


def _columns(records: Records) -> dict[str, Ints]:
    """The columns that batches are assembled from. Copying whole records of an update (800 kB) costs twice as much."""
    names = ("batch_id", "batch_size", "submit_ns", "done_ns", "flags")
    return {**{name: records[name].astype(np.int64) for name in names}, "key": segment_device_keys(records)}


def fired_batches(records: Records) -> FiredBatches | None:
    """The full batches among [n] records."""
    return BatchAssembler().add(records)


def segment_device_key(segment: int, device: int) -> int:
    """One number for segment and device. The time of a lone run is kept per key, because it differs between devices and
    between settings."""
    return segment << 8 | device


def segment_device_keys(records: Records) -> Ints:
    """[n] segment_device_key of each record."""
    keys: Ints = records["segment"].astype(np.int64) << 8 | records["device"]
    return keys


def group_members(ids: Ints, together: Bools) -> tuple[Ints, Ints, Ints]:
    """Groups [n] requests by run. Returns the indices [n] of the requests, run after run, and for each run [runs] its
    start in them and its number of members.

    Requests marked in `together` [n] share a run if their ids are equal; every other request is a run of its own, and
    comes after them."""
    shared = np.flatnonzero(together)
    # Ids come nearly sorted, which makes a stable sort cheap: 0.1 ms for 12,500.
    shared = shared[np.argsort(ids[shared], kind="stable")]
    ordered = ids[shared]
    first = np.ones(len(shared), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    single = np.flatnonzero(~together)
    members = np.concatenate((shared, single))
    start = np.concatenate((np.flatnonzero(first), np.arange(len(shared), len(members))))
    return members, start, np.diff(np.append(start, len(members)))


def _assemble(rows: dict[str, Ints]) -> tuple[FiredBatches, Ints]:
    """The complete batches among [n] members of batches, and the indices of the members left over, oldest first."""
    members, start, count = group_members(rows["batch_id"], np.ones(len(rows["batch_id"]), bool))
    submit_ns = rows["submit_ns"][members]
    size = rows["batch_size"][members[start]]
    last_ns = np.maximum.reduceat(submit_ns, start)
    waited_ns = count * last_ns - np.add.reduceat(submit_ns, start)
    first_wait_ns = last_ns - np.minimum.reduceat(submit_ns, start)
    done_ns = np.minimum.reduceat(rows["done_ns"][members], start)
    unmeasured = np.bitwise_or.reduceat(rows["flags"][members], start) & UNMEASURED
    key = rows["key"][members[start]]
    complete = count == size
    measured = complete & (unmeasured == 0)
    columns = (key, size, first_wait_ns, waited_ns, done_ns - last_ns, done_ns)
    fired = FiredBatches(*(column[measured] for column in columns))
    return fired, np.sort(members[np.repeat(~complete, count)])
