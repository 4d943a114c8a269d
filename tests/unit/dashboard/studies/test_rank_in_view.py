"""View 7 over a rank that never ran: its rows while it runs and once it has ended, its bars, a row's settings."""

from __future__ import annotations

import msgspec
import pytest
import study_scenes as scenes
from metrics.rank.rank_samples import AGREES, SPEC, WHY, again, once
from stage import Stage, on_stage

from ovtui.dashboard.studies.study_head import StudyHead
from ovtui.dashboard.studies.study_list import StudyList
from ovtui.dashboard.studies.study_plot import StudyPlot
from ovtui.dashboard.studies.study_prompt import PromptHelp, StudyPrompt
from ovtui.dashboard.study_request import spec_of
from ovtui.records.events import StudyEnded
from ovtui.records.study_events import RankAnswer, RankSpec
from ovtui.settings.changes import with_changes
from ovtui.settings.errors import SettingsError


def rows(stage: Stage) -> list[str]:
    return [line for line in stage.text(StudyList).split("\n") if line.strip()]


def pictures(stage: Stage) -> str:
    plots = [plot for plot in stage.app.screen.query(StudyPlot) if plot.size.height and plot.is_on_screen]
    return "\n".join(plot.render_line(y).text for plot in plots for y in range(plot.size.height))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_a_rank_from_its_first_row_to_its_end(size: tuple[int, int]) -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, SPEC)
        assert "rank of CPU, GPU.0, NPU, AUTO" in stage.text(StudyHead)
        assert rows(stage)[-1].strip() == "no row is over yet"
        points = [
            msgspec.structs.replace(point, settings=with_changes(scenes.SETTINGS, point.values)) for point in once()
        ]
        await scenes.tell(stage, *points[:5])
        await scenes.tell(stage, scenes.step(stage, "NPU throughput", point=6, planned=8))
        assert "rank: row 6 of 8 · measuring NPU throughput · about 38 s left" in stage.text(StudyHead)
        listed = rows(stage)
        assert [line.split()[0] for line in listed[-5:]] == ["CPU", "CPU", "GPU.0", "GPU.0", "NPU"]
        assert "refused" in listed[-1]
        await scenes.tell(stage, *points[5:], *again(4, [700.0] * 8), *again(8, [650.0] * 8))
        answer = RankAnswer(by_throughput=[], by_latency=[], agreements=[AGREES], lasted_s=61.0)
        ended = StudyEnded(t_ns=stage.source.now_ns, study=1, reason="done", text="fastest: GPU.0", answer=answer)
        await scenes.tell(stage, ended)
        listed = rows(stage)[-8:]
        assert [line.split()[:2] for line in listed[:3]] == [
            ["GPU.0", "throughput"], ["AUTO", "throughput"], ["CPU", "throughput"],
        ]  # fmt: skip
        assert listed[0].split()[2] == "700.0"
        if size[0] == 200:
            assert "fastest" in listed[0]
        if size == (80, 24):
            await stage.press("z")
        drawn = pictures(stage)
        assert "THROUGHPUT, req/s" in drawn
        assert "LATENCY, p99 of the responses in ms" in drawn
        if size == (80, 24):
            await stage.press("z")
        # The row under the cursor is whole below the table; its settings can be staged.
        await stage.press("home", "u")
        assert stage.app.staging.staged["device"] == "GPU.0"

    on_stage(act, scenes.source(), size)


def test_why_a_device_was_not_served_is_said_whole() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await scenes.begin(stage, SPEC)
        await scenes.tell(stage, *once()[:5])
        await stage.press("end")
        assert WHY in " ".join(" ".join(rows(stage)).split())

    on_stage(act, scenes.source(), (120, 40))


def test_a_rank_is_begun_with_the_devices_of_the_machine() -> None:
    async def act(stage: Stage) -> None:
        await scenes.open_view(stage)
        await stage.press("a")
        prompt = stage.app.screen.query_one(StudyPrompt)
        assert prompt.line.value == "CPU GPU AUTO"
        assert stage.text(PromptHelp).strip() == "CPU, GPU, AUTO in one table"
        prompt.line.value = "CPU GPU hint=latency point=2s limit=5min agreement=no"
        await stage.pilot.pause()
        await stage.press("enter")
        assert stage.source.studies == [
            RankSpec(devices=["CPU", "GPU"], hints=["latency"], point_s=2.0, limit_s=300.0, agreement=False)
        ]
        assert not prompt.is_open

    on_stage(act, scenes.source())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hint=latency", "which devices? write them one after another: CPU GPU AUTO"),
        ("CPU hint=fast", "hint: 'fast' is not one of none, latency, throughput, cumulative_throughput"),
        ("CPU nireq=4", "'nireq=4': write devices, then hint=, point=, limit= or agreement=no"),
        ("cpu;gpu", "device: 'cpu;gpu' names no device"),
        ("CPU point=0.1s", "point: a row is measured for 0.5 s or longer; write point=5s"),
        ("CPU agreement=maybe", "agreement: 'maybe' is not yes or no"),
    ],
)
def test_what_is_wrong_with_its_line_in_one_sentence(text: str, why: str) -> None:
    with pytest.raises(SettingsError) as caught:
        spec_of("rank", text, scenes.SETTINGS)
    assert str(caught.value).startswith(why)
