"""Which driver makes a kind of load."""

from __future__ import annotations

from ovtui.engine.load.closed_loop import ClosedLoop
from ovtui.engine.load.driver import Driver, DriverContext
from ovtui.engine.load.polled_pool import PolledPool
from ovtui.engine.load.request_pool import RequestPool
from ovtui.engine.load.sync_loop import SyncLoop
from ovtui.engine.model.compile import Compilation
from ovtui.settings.device_names import hides_batch_workers
from ovtui.settings.schema.arrival import is_closed_loop
from ovtui.settings.schema.settings import Settings


class Drivers:
    """The drivers of one compiled model. They are kept for later changes and never dropped: to destroy infer requests
    right after their callbacks can hang. Owner: the load thread."""

    def __init__(self, context: DriverContext, compilation: Compilation, *, stateful: bool) -> None:
        """`stateful`: the model has variables, so that each infer request has a state."""
        self._context, self._compilation, self._stateful = context, compilation, stateful
        self._made: list[Driver] = []
        self._queue_broken = False

    def make(self, settings: Settings, nireq: int) -> Driver:
        """The driver for this kind of load, with `nireq` infer requests. Raises RuntimeError when OpenVINO cannot
        allocate the requests."""
        kind = self._kind(settings, nireq)
        driver = next((made for made in self._made if isinstance(made, kind)), None)
        if driver is None:
            driver = kind(self._context, nireq)
            self._made.append(driver)
        else:
            driver.resize(nireq)
        return driver

    def replace_broken_queue(self, settings: Settings, nireq: int) -> Driver:
        """The pool that goes on with the load after a request of the closed loop's queue has failed."""
        self._queue_broken = True
        return self.make(settings, nireq)

    def _kind(self, settings: Settings, nireq: int) -> type[SyncLoop | ClosedLoop | PolledPool | RequestPool]:
        batching, device = self._compilation.may_batch, self._compilation.device
        if is_closed_loop(settings) and nireq == 1 and settings.api != "async":
            return SyncLoop
        if self._context.device_by_profiling is not None or (batching and hides_batch_workers(device)):
            return RequestPool
        # An AsyncInferQueue makes infer requests of its own, whose states the other drivers would not go on with.
        if batching or self._stateful or not is_closed_loop(settings) or self._queue_broken:
            return PolledPool
        return ClosedLoop
