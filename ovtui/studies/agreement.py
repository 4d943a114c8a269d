"""Whether a device computes what the CPU does, asked within a study: the question is a process of its own, which
another thread waits for, so that the study hears meanwhile that it is to stop."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from ovtui.records.study_events import DeviceAgreement
from ovtui.settings.schema.settings import Settings
from ovtui.studies.conductor import LOOK_S, Conductor

LIMIT_S = 120.0
AGAINST = "CPU"
Verifying = Callable[[Conductor, Settings], DeviceAgreement]


def verify_on(conductor: Conductor, settings: Settings) -> DeviceAgreement:
    """`settings.device` against the CPU. Raises StudyStopped and SessionGone: the process that was asked ends with the
    study's."""
    found: list[DeviceAgreement] = []
    thread = Thread(target=lambda: found.append(_verified(settings)), daemon=True)
    thread.start()
    while thread.is_alive():
        conductor.look(LOOK_S)
    thread.join()
    return found[0]


def _verified(settings: Settings) -> DeviceAgreement:
    """Never raises: what was measured is worth more than this."""
    try:
        return _compared(settings)
    except Exception as error:
        why = f"the comparison has an error of its own: {type(error).__name__}: {error}".splitlines()[0]
        return DeviceAgreement(device=settings.device, why=why)


def _compared(settings: Settings) -> DeviceAgreement:
    from ovtui.host.verifier import NotVerified, verify  # needed by few studies, and at their end

    try:
        result = verify(settings, AGAINST, limit_s=LIMIT_S)
    except NotVerified as error:
        return DeviceAgreement(device=settings.device, why=error.text)
    known = [each.max_relative for each in result.outputs if each.max_relative is not None]
    return DeviceAgreement(
        device=settings.device,
        verdict=result.verdict,
        max_relative=max(known, default=None),
        tolerance=result.tolerance,
        why=result.why_no_f32 or next((each.why for each in result.outputs if each.why), ""),
    )
