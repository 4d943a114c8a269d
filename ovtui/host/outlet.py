"""What the supervisor needs of the server around it."""

from __future__ import annotations

from typing import Protocol

from ovtui.host.engine_process import EngineProcess
from ovtui.records.events import Event


class Outlet(Protocol):
    def publish(self, event: Event) -> None: ...

    def engine_opened(self, engine: EngineProcess) -> None: ...

    def engine_closed(self, engine: EngineProcess) -> None: ...

    def finished(self) -> None: ...
