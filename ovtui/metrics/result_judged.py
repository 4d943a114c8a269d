"""The JSON's parts that judge: what was left out as warm-up, whether the rest was steady, whether limits were met."""

from __future__ import annotations

from ovtui.metrics import result_schema as schema
from ovtui.metrics.digest import Digest
from ovtui.metrics.result_parts import rounded
from ovtui.metrics.snapshot import Snapshot


def warm_up_of(snapshot: Snapshot) -> schema.WarmUp:
    cut = snapshot.warm_up
    return schema.WarmUp(
        rule=cut.rule,
        requests=cut.requests,
        until_s=rounded(cut.until_s, 6),
        steady={"steady": True, "unsteady": False}.get(cut.state),
    )


def steadiness_of(digest: Digest) -> schema.Steadiness:
    found = digest.steadiness()
    return schema.Steadiness(
        word=found.word,
        seconds=found.seconds,
        findings=[schema.Finding(id=finding.id, text=finding.text) for finding in found.findings],
    )


def limits_of(digest: Digest) -> list[schema.Limit]:
    return [
        schema.Limit(
            limit=str(verdict.limit),
            met=verdict.met,
            value=rounded(verdict.value, 6),
            unit=verdict.limit.unit,
            since_s=round(verdict.since_s, 6),
            why=verdict.why,
        )
        for verdict in digest.slo()
    ]
