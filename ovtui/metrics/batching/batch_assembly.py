"""Full batches put together from records that come piece by piece, and when each of them fired.

A worker of OpenVINO's automatic batching fires when the last of its requests is queued: so the batch fired with its
last member's submission, and each member had waited from its own until then. Exact, as far as the ids are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ovtui.records.record import UNMEASURED, Records, empty_records

MAX_OPEN_MEMBERS = 4096
"""Members of unfinished batches that are kept: a batch of which a member failed is never finished."""

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FiredBatches:
    """Columns [n] of full batches, all of whose members are there and measured."""

    key: Ints
    """key_of the member that completed first."""
    size: Ints
    first_wait_ns: Ints
    """From the first submission to the last."""
    waited_ns: Ints
    """Of all members together."""
    run_ns: Ints
    """From the last submission to the first completion: queueing behind other runs and the run itself."""
    done_ns: Ints
    """When the first member came back."""

    def of_segment(self, segment: int) -> FiredBatches:
        here = self.key >> 8 == segment
        columns = (self.key, self.size, self.first_wait_ns, self.waited_ns, self.run_ns, self.done_ns)
        return self if here.all() else FiredBatches(*(column[here] for column in columns))


class BatchAssembler:
    """Owner: the Digest. Takes records in the order of arrival, and hands out each batch once, when it is whole."""

    def __init__(self) -> None:
        self._open = _columns(empty_records())

    def add(self, records: Records) -> FiredBatches | None:
        """The batches that these records complete; None where there are none. 12,500 records cost 0.5 ms."""
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
    """What batches are made from. By column, as whole records of one update (800 kB) cost twice as much to copy."""
    names = ("batch_id", "batch_size", "submit_ns", "done_ns", "flags")
    return {**{name: records[name].astype(np.int64) for name in names}, "key": segment_device_keys(records)}


def fired_batches(records: Records) -> FiredBatches | None:
    """The full batches among [n] records."""
    return BatchAssembler().add(records)


def segment_device_key(segment: int, device: int) -> int:
    """Lone runs are told apart by segment and device: another of either takes another time."""
    return segment << 8 | device


def segment_device_keys(records: Records) -> Ints:
    """[n] key_of each."""
    keys: Ints = records["segment"].astype(np.int64) << 8 | records["device"]
    return keys


def group_members(ids: Ints, together: Bools) -> tuple[Ints, Ints, Ints]:
    """[n] members of the runs one after another, and [runs] where each starts and how many it has.

    Those `together` share a run by their ids, every other one is a run of its own and comes after them."""
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
    """The whole batches among [n] members of batches, and the indices of the other members, oldest first."""
    members, start, count = group_members(rows["batch_id"], np.ones(len(rows["batch_id"]), bool))
    submit_ns = rows["submit_ns"][members]
    size = rows["batch_size"][members[start]]
    last_ns = np.maximum.reduceat(submit_ns, start)
    waited_ns = count * last_ns - np.add.reduceat(submit_ns, start)
    first_wait_ns = last_ns - np.minimum.reduceat(submit_ns, start)
    done_ns = np.minimum.reduceat(rows["done_ns"][members], start)
    unmeasured = np.bitwise_or.reduceat(rows["flags"][members], start) & UNMEASURED
    key = rows["key"][members[start]]
    whole = count == size
    good = whole & (unmeasured == 0)
    columns = (key, size, first_wait_ns, waited_ns, done_ns - last_ns, done_ns)
    fired = FiredBatches(*(column[good] for column in columns))
    return fired, np.sort(members[np.repeat(~whole, count)])
