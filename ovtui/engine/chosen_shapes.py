"""What the engine does where a model leaves shapes open, or fails with those that ovtui chose for it: it says which
have carried an inference."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import msgspec
import openvino as ov

from ovtui.engine.errors import SetupError, UsageError, detail_of, reason_of
from ovtui.engine.model.file_items import gives_shapes
from ovtui.engine.model.open_shapes import leaves_shapes_open
from ovtui.engine.model.read_model import close_batch, read_as_set, read_file
from ovtui.records.events import EngineFailed, ModelRead, Severity
from ovtui.settings.schema.settings import Settings

_EXIT_CODE = 4
"""As after a failed start."""


class ChosenShapes:
    """Owner: the load thread. `request_failed` is callable from any thread."""

    def __init__(
        self, settings: Settings, note: Callable[[Severity, str], None], fail: Callable[[SetupError], None]
    ) -> None:
        """`note` and `fail` publish; both are called on other threads too."""
        self._settings = settings
        self._note = note
        self._fail = fail
        self._chosen = False
        """The model leaves shapes open, and ovtui has chosen them."""
        self._served = False
        self._file_ms: float | None = None
        self._shaped_ms: float | None = None
        self._search: threading.Thread | None = None
        self.plugins: dict[str, str] = {}
        """As ModelRead has them; set once the device is chosen."""

    def read_model(self, core: ov.Core) -> ov.Model:
        """As read_model.read_model does, whose notes are published. Raises SetupError."""
        notes: list[tuple[Severity, str]] = []
        began_ns = time.monotonic_ns()
        file = read_file(core, self._settings, notes)
        read_ns = time.monotonic_ns()
        model = read_as_set(core, self._settings, file, notes)
        self._file_ms, self._shaped_ms = (read_ns - began_ns) / 1e6, (time.monotonic_ns() - read_ns) / 1e6
        if not gives_shapes(self._settings, model) and leaves_shapes_open(model):
            close_batch(model, notes)
            self._chosen = True
        for severity, text in notes:
            self._note(severity, text)
        return model

    def told_in(self, event: ModelRead) -> ModelRead:
        """With the plugins, and the times of `read_model` where that has read it."""
        return msgspec.structs.replace(event, file_ms=self._file_ms, shaped_ms=self._shaped_ms, plugins=self.plugins)

    def explain(self, error: SetupError) -> SetupError:
        """The error of an engine that cannot start, with shapes that work where those are wrong. Blocks."""
        if self._settings.load_from_file == "yes":
            return error  # takes no shapes
        # Imported once something has failed: it takes 8 ms.
        from ovtui.engine.model.shape_search import with_suggestion

        found = with_suggestion(error, self._settings, lambda text: self._note("info", text), chosen=self._chosen)
        if found is not error:
            found.__cause__ = error  # OpenVINO's whole text is the first one's
        return found

    def request_done(self) -> None:
        self._served = True

    def request_failed(self, failure: RuntimeError) -> None:
        """The first failure of a model of which no request has completed may be due to the shapes: where others work,
        the engine ends and says so."""
        if self._chosen and not self._served and self._search is None:
            error = SetupError(f"the model's requests fail: {reason_of(failure)}")
            error.__cause__ = failure
            self._search = threading.Thread(target=self._explain_failure, args=(error,), name="shapes", daemon=True)
            self._search.start()

    def settle(self) -> None:
        """To be called when the load has ended by itself: of some requests, all of which failed, the reason may still
        be looked for. Returns at once where none is."""
        if self._search is not None and not self._served:
            self._search.join()

    def _explain_failure(self, error: SetupError) -> None:
        explained = self.explain(error)
        if explained.suggestion and not self._served:
            self._fail(explained)
            os._exit(_EXIT_CODE)


def failure_event(error: SetupError, engine: int, t_ns: int) -> EngineFailed:
    misused = isinstance(error, UsageError)
    return EngineFailed(
        t_ns=t_ns, engine=engine, reason=str(error), unusable=not misused, misused=misused, suggestion=error.suggestion,
        detail=detail_of(error),
    )  # fmt: skip
