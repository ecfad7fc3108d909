"""What panels show of a lane that has trained on, or whose sampler was changed: the step and the sampler it is of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from core.engine import trainer
from core.engine.board import Measures
from core.engine.run import Run
from core.foundation.history import History
from core.metrics.base import Measured
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from core.probes.held_out import HeldOutLook
from core.probes.hole_maps import HoleMapLook
from core.probes.look import Looks
from core.probes.nearest import NearestLook
from core.probes.pictures import InterpolationLook, ReconstructionsLook, TilesLook
from core.probes.samples import SamplesLook
from core.verdicts import Verdict
from gui.desk.freshness import step_forms
from gui.drawing import paint, theme
from gui.information.pages.holes.map_card import HoleCard
from gui.lineup.lane_header import LaneHeader
from gui.lineup.rows.decoded_image import ELSEWHERE
from gui.lineup.summary_table import SummaryTable
from gui.side_panels.point import PointPanel
from gui.widgets.sections import Strip
from tests.gui.hands import has_color

STEP, NOW = 40, 100


def train(stage: Any, *looks: Any) -> None:
    """Train to `STEP`, and wait for what every lane that has an encoder shows of it."""
    stage.desk.experiment.step(STEP)
    stage.until(stage.stepped(STEP))
    stage.rest()
    runs = [run for run in stage.desk.runs if run.model.has_encoder]
    stage.until(lambda: all(stage.answer(run, look, step=STEP) is not None for run in runs for look in looks))


def trains_on(run: Run) -> None:
    """The lane is at step `NOW`, and nothing new is known of it."""
    run.board.change(lambda view: replace(view, status=replace(view.status, step=NOW)))


def words(widget: Any) -> list[str]:
    return [text for _, text in paint.words_on(widget)]


def test_rows_of_the_lineup_say_of_which_step_they_are(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("ae", "vae"))
    train(stage, SamplesLook, TilesLook, LatentCodesLook, NearestLook, TrainingCodesLook, HeldOutLook)
    map_, image, samples = (stage.panel(name, "vae") for name in ("map", "image", "samples"))
    stage.until(lambda: not any("step" in each or each == "Not known yet" for each in words(image)))
    stamps = map_.stamp, samples.stamp, stage.panel("map", "ae").stamp
    stage.until(lambda: all(stamp.words() == "" for stamp in stamps))  # a panel is drawn a beat after its answer came
    trains_on(stage.run("vae"))
    stage.until(lambda: map_.stamp.words() == samples.stamp.words() == f"step {STEP}")
    assert map_.stamp.isVisible()
    assert words(map_.stamp) == [f"step {STEP}"]
    assert not samples._mosaic.is_dim()  # they are what was asked for, though of earlier weights
    stage.until(lambda: image._judged_since == image._near_since == f"step {STEP}")
    assert sum(f"step {STEP}" in each for each in words(image)) == 2  # the nearest image, and the verdict
    colors, picture = theme.current(), image.grab().toImage()
    assert has_color(picture, colors.ok, image.rect()) == has_color(picture, colors.warn, image.rect()) == 0
    assert stage.panel("map", "ae").stamp.words() == ""  # the other lane has not trained on


def test_the_verdict_of_a_narrow_high_card_stands_below_its_picture(desk_window: Callable[..., Any]) -> None:
    """Beside the picture its word did not fit: with five lanes the Latent tab showed icons alone."""
    stage = desk_window(("ae",))
    image = stage.panel("image", "ae")
    for size, is_below in (((300, 146), False), ((177, 146), True)):
        image.setFixedSize(*size)
        word = image.verdict()[1]
        (place,) = (place for place, text in paint.words_on(image) if text == word)
        assert place.width() >= paint.wide(word, "strong") - 1.5
        assert (place.top() > image._picture_rect().bottom()) is is_below
        assert place.bottom() < image.height()


def test_the_table_below_never_calls_an_old_number_the_best(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("ae", "vae"))
    train(stage, TrainingCodesLook, HeldOutLook)
    table: SummaryTable = stage.find(SummaryTable, "compare")
    names = [column.title for column in table.columns]
    distortion = names.index("Distortion")
    runs = stage.desk.runs
    values = [table._value(table.columns[distortion], run) for run in runs]
    best = min(range(2), key=lambda lane: values[lane].number)
    colors = theme.current()

    def is_bold(lane: int) -> bool:
        """The bar is in text's colour nowhere: only the best number has it."""
        return has_color(table.grab().toImage(), colors.text, table._column_rect(distortion, lane).toRect()) > 0

    stage.until(lambda: is_bold(best))
    trains_on(runs[best])
    stage.until(lambda: f"step {STEP}" in words(table))
    assert not is_bold(best)
    assert not is_bold(1 - best)  # alone it is no best
    spot = table._column_rect(distortion, best).center()
    assert table.words_at(spot) == f"Of step {STEP}."


def test_holes_of_a_lane_without_codes_are_those_of_the_compare_tab(desk_window: Callable[..., Any]) -> None:
    """The table below showed a dash and said that a GAN has none, beside 84 % in the other table."""
    stage = desk_window(("ae", "gan"))
    table: SummaryTable = stage.find(SummaryTable, "compare")
    holes = next(column for column in table.columns if column.title == "Hole share")
    gan, ae = stage.run("gan"), stage.run("ae")
    assert "open Compare" in holes.why_not(gan)
    assert holes.why_not(ae) == ""
    measured = Measures({"hole_share": Measured(84.3, step=STEP)}, History(("step",)).table())
    for run in (ae, gan):
        run.board.change(lambda view: replace(view, measures=measured, looks=Looks()))
    value = holes.read(gan, gan.view)
    assert (value.number, value.step) == (84.3, STEP)


def test_of_two_hole_shares_the_newer_is_shown(desk_window: Callable[..., Any]) -> None:
    """The table showed 44.7 of step 938 where Compare had measured 54.1 at step 1,090."""
    stage = desk_window(("ae",))
    table: SummaryTable = stage.find(SummaryTable, "compare")
    holes = next(column for column in table.columns if column.title == "Hole share")
    train(stage, TrainingCodesLook)
    run = stage.run("ae")
    own = run.view.looks.of(TrainingCodesLook)
    for step, expected in ((own.step - 1, 100 * own.value.hole_share), (own.step + 1, 84.3)):
        measured = Measures({"hole_share": Measured(84.3, step=step)}, History(("step",)).table())
        value = holes.read(run, replace(run.view, measures=measured))
        assert value.number == expected
        assert value.step == max(step, own.step)


def test_old_test_curves_are_grey_in_the_legend_and_old_codes_named_in_the_panel(
    desk_window: Callable[..., Any],
) -> None:
    stage = desk_window(("ae",))
    train(stage, HeldOutLook, LatentCodesLook)
    chart, panel = stage.panel("loss", "ae"), stage.window.findChild(PointPanel)
    stage.until(lambda: any(entry.name == "test" and not entry.is_old for entry in chart._legend))
    stage.until(lambda: panel.header.note() == "AE codes")
    trains_on(stage.run("ae"))
    stage.until(lambda: panel.header.note() == f"AE codes, step {STEP}")
    chart._redraw()
    assert [entry.name for entry in chart._legend if entry.is_old] == ["test"]


def test_the_row_says_which_mean_its_numbers_are(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae",))
    row = type(stage.panel("loss", "vae"))
    assert row.live_note(stage.desk).startswith("nats, mean of about 10 batches;")
    stage.window.clock.stop()  # no beat is needed for it
    stage.desk.set_chart(smooth=0.0)
    assert row.live_note(stage.desk).startswith("nats, of the last batch;")
    assert stage.find(Strip, "strip loss").note() == row.live_note(stage.desk)


def test_the_note_waits_for_samples_no_longer_than_they_take(desk_window: Callable[..., Any]) -> None:
    """It was looked at once a second: *waiting* stood over samples that were there already."""
    stage = desk_window(("ae", "gan"))
    train(stage, SamplesLook, TrainingCodesLook)
    stage.window.clock.second.disconnect()
    strip = stage.find(Strip, "strip samples")
    stage.desk.set_sampler("gmm")
    assert strip.note().startswith("waiting for GMM")
    stage.until(lambda: strip.note() == "each lane from its own codes; GAN without codes: from the prior")


@pytest.mark.parametrize(
    ("models", "aim"),
    [
        (("ae", "wae"), "lower is better"),
        (("gan",), "balance is the aim"),
        (("ae", "gan", "vae"), "lower is better, but balance for GAN"),
    ],
)
def test_the_loss_row_speaks_of_the_lanes_there_are(
    desk_window: Callable[..., Any], models: tuple[str, ...], aim: str
) -> None:
    stage = desk_window(models)
    assert stage.find(Strip, "strip loss").note().endswith(f"; {aim}")


def test_the_label_names_the_sampler_that_the_samples_were_drawn_with(
    desk_window: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("ae", "gan"))
    train(stage, SamplesLook, TrainingCodesLook)
    ae, gan = (stage.panel("samples", name) for name in ("ae", "gan"))
    row = type(ae)
    with monkeypatch.context() as held:  # the background makes nothing
        held.setattr(stage.run("ae").worker, "ask", lambda *_: None)
        stage.desk.set_sampler("gmm")
        assert ae.stamp.words() == f"step {STEP}, z from Prior"
        assert ae._mosaic.is_dim()
        assert "z from" not in gan.stamp.words()  # it samples the prior whatever is chosen
        assert row.live_note(stage.desk) == "waiting for GMM; grey samples are of another sampler"
        stage.key("Ctrl+3")
        assert "z: Prior" in words(stage.tab.heads)
        assert "z: GMM" not in words(stage.tab.heads)
    stage.until(lambda: "z: GMM" in words(stage.tab.heads))
    cell = next(block.cells[0] for block in stage.tab._blocks if block.panel.title == "Samples")
    stage.until(lambda: cell.stamp.words() == "" and not cell._mosaic.is_dim())
    stage.until(lambda: stage.tab._blocks[0].title.note().startswith("each lane from its own codes"))


def test_pictures_of_another_knob_are_grey(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae",))
    stage.key("Ctrl+3")
    train(stage, SamplesLook, ReconstructionsLook, InterpolationLook)
    cells = [block.cells[0] for block in stage.tab._blocks]
    run = stage.run("vae")
    stage.until(lambda: all(cell.stamp.words() == "" for cell in cells))
    later = STEP + 1  # younger than 5 % of the steps
    run.board.change(lambda view: replace(view, status=replace(view.status, step=later), turned_at={"beta": STEP}))
    stage.until(lambda: all(cell.stamp.words() == f"step {STEP}" for cell in cells))
    assert all(cell._mosaic.is_dim() for cell in cells)


def test_old_numbers_of_the_information_pages_are_grey(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae",))
    train(stage)
    stage.key("Ctrl+4")
    stage.window.information.show_page("holes")
    run = stage.run("vae")
    stage.until(lambda: stage.answer(run, HoleMapLook, "density", step=STEP) is not None)
    stage.until(lambda: run.view.measures is not None and not run.view.measures.waiting)
    card = stage.find(HoleCard, f"holes of {run.slot}")
    stage.until(lambda: card.share.value != "—")
    assert card.share._token == card.number._token == "text"
    trains_on(run)
    stage.until(lambda: card.share._token == card.number._token == "text_3")
    assert card.share._caption == f"Hole share, step {STEP}"


@pytest.mark.usefixtures("engine_here")
def test_nothing_of_the_data_before_is_shown_while_a_lane_is_built_again(
    desk_window: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("vae",))
    train(stage, SamplesLook, NearestLook)
    run, row = stage.run("vae"), stage.window.input._rows[stage.run("vae")]
    image, samples = stage.panel("image", "vae"), stage.panel("samples", "vae")
    stage.until(lambda: len(samples._mosaic._images) > 0 and image._near is not None)
    assert row._reconstruction.image() is not None
    may_build, build = threading.Event(), trainer.Training

    def held(*given: Any) -> Any:
        assert may_build.wait(30)
        return build(*given)

    monkeypatch.setattr(trainer, "Training", held)
    stage.desk.restart_lane(run)
    stage.until(lambda: run.view.life == 1)
    stage.until(lambda: len(samples._mosaic._images) == 0 and image._picture is None and image._near is None)
    stage.until(lambda: row._reconstruction.image() is None and not row._nats.text())
    assert run.view.status.state == "building"
    may_build.set()
    stage.until(lambda: image._picture is not None and row._reconstruction.image() is not None)


def test_what_was_found_for_another_point_is_grey_and_says_so(
    desk_window: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("vae", "gan"))
    stage.desk.experiment.step(STEP)
    stage.until(stage.stepped(STEP))
    stage.rest()
    vae, gan = (stage.panel("image", name) for name in ("vae", "gan"))
    stage.until(lambda: all(image._judgement.place != "unknown" for image in (vae, gan)))
    assert not any(ELSEWHERE in each for image in (vae, gan) for each in words(image))
    colors = theme.current()
    with monkeypatch.context() as held:  # the background makes nothing
        for run in stage.desk.runs:
            held.setattr(run.worker, "ask", lambda *_: None)
        stage.desk.point.move(np.array([1.5, -0.5], np.float32))
        stage.until(lambda: all(any(ELSEWHERE in each for each in words(image)) for image in (vae, gan)))
        assert sum(ELSEWHERE in each for each in words(gan)) == 2  # the nearest image, and the word for its picture
        picture = gan.grab().toImage()
        assert has_color(picture, colors.ok, gan.rect()) == has_color(picture, colors.warn, gan.rect()) == 0
    stage.until(lambda: not any(ELSEWHERE in each for image in (vae, gan) for each in words(image)))


def test_an_old_nearest_image_says_its_step_in_a_narrow_lane_too(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae",))
    train(stage, NearestLook, TrainingCodesLook)
    image = stage.panel("image", "vae")
    stage.until(lambda: image._near is not None)
    trains_on(stage.run("vae"))
    stage.until(lambda: image._near_since == f"step {STEP}")
    image.resize(200, 92)
    assert f"step {STEP}" in words(image)


def test_the_input_card_says_of_which_step_an_old_reconstruction_is(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("ae",))
    train(stage)
    row = stage.window.input._rows[stage.run("ae")]
    stage.until(lambda: row.is_of(stage.run("ae").snapshot))
    assert row._nats.text().endswith(" nats")
    assert not row._nats.text().startswith("step")
    trains_on(stage.run("ae"))
    stage.until(lambda: row._nats.text().startswith(f"step {STEP}: "))


def test_head_and_table_show_the_same_speed(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae", "gan"))
    run, desk = stage.run("vae"), stage.desk
    desk.experiment.start()
    stage.until(lambda: desk.speeds.of(run) > 0)
    stage.window.clock.stop()
    head = next(each for each in stage.window.findChildren(LaneHeader) if each.run is run)
    table = stage.find(SummaryTable, "compare")
    status = replace(run.view.status, steps_per_s=45.6)
    desk.speeds.follow({run: replace(run.view, status=status)})
    assert any("45.6 steps/s" in each for each in words(head))
    assert "45.6" in words(table)
    stage.window.reports.show_timings()
    assert "46 steps/s" in stage.window.status.events[-1].text
    stage.window.clock.start()
    stage.rest()
    assert desk.speeds.of(run) == 0
    assert not any("steps/s" in each for each in words(head))


def test_a_speed_does_not_come_and_go_with_its_digits(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae",))
    run, desk = stage.run("vae"), stage.desk
    desk.experiment.start()
    stage.until(lambda: desk.speeds.of(run) > 0)
    stage.window.clock.stop()
    head = next(each for each in stage.window.findChildren(LaneHeader) if each.run is run)
    seen = set()
    for width in range(200, 330, 5):
        head.resize(width, head.height())
        shown = set()
        for speed in (0.6, 9.8, 45.6, 99.9, 100.2, 999.6, 1_234.5, 9_999.0):
            desk.speeds.follow({run: replace(run.view, status=replace(run.view.status, steps_per_s=speed))})
            shown.add(any("steps/s" in each for each in words(head)))
        assert len(shown) == 1, width
        seen |= shown
    stage.window.clock.start()
    stage.rest()
    assert seen == {False, True}


@pytest.mark.parametrize("width", [240, 264, 300, 420])
def test_a_warning_does_not_hide_the_speed(desk_window: Callable[..., Any], width: int) -> None:
    stage = desk_window(("vae",))
    run, desk = stage.run("vae"), stage.desk
    desk.experiment.start()
    stage.until(lambda: desk.speeds.of(run) > 0)
    stage.window.clock.stop()
    head = next(each for each in stage.window.findChildren(LaneHeader) if each.run is run)
    head.resize(width, head.height())
    head.verdicts.set_verdicts((Verdict("mode_collapse", "warn", "Mode collapse", "Few classes.", "A rule."),))
    head.verdicts.reshaped.emit()
    status = replace(run.view.status, step=432, steps_per_s=45.6)
    head._status = status
    desk.speeds.follow({run: replace(run.view, status=status)})
    line = next(each for each in words(head) if "45.6" in each)
    assert "step 432" in line
    assert "/s" in line
    stage.window.clock.start()
    stage.rest()


def test_no_untrained_model_is_the_best_and_none_of_equals(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("ae", "vae"))
    stage.until(lambda: all(stage.answer(run, HeldOutLook) is not None for run in stage.desk.runs))
    table: SummaryTable = stage.find(SummaryTable, "compare")
    distortion = [column.title for column in table.columns].index("Distortion")
    stage.until(lambda: all(table._value(table.columns[distortion], run) for run in stage.desk.runs))
    picture, colors = table.grab().toImage(), theme.current()
    for lane in range(2):
        assert has_color(picture, colors.text, table._column_rect(distortion, lane).toRect()) == 0


def test_a_narrow_head_names_the_sampler_rather_than_the_time(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("ae", "vae", "gan"))
    train(stage)
    stage.desk.set_sampler("gaussian")
    stage.key("Ctrl+3")
    run = stage.run("ae")
    status = replace(run.view.status, step=12_345, seconds=754.0)
    run.board.change(lambda view: replace(view, status=status, looks=Looks()))
    stage.until(lambda: "step 12,345" in words(stage.tab.heads))
    assert words(stage.tab.heads)[:3] == ["AE", "z: Fitted Gaussian", "step 12,345"]


def test_an_old_number_beside_its_step_is_no_second_number(dark: None) -> None:
    """Where "step 600" does not fit it is "at 600": a bare number before another would read as one with it."""
    wide = [paint.wide(words, "tick") for words in ("step 600", "at 600")]
    forms = step_forms(600)
    assert paint.fitting(forms, "tick", wide[0]) == "step 600"
    assert paint.fitting(forms, "tick", wide[0] - 1) == "at 600"
    assert paint.fitting(forms, "tick", wide[1] - 1) == ""


def test_the_picture_follows_a_point_that_moved_on_another_tab(desk_window: Callable[..., Any]) -> None:
    """At rest the picture stayed that of the point before, below the coordinates of the new one."""
    stage = desk_window(("vae",))
    train(stage)
    image, run = stage.panel("image", "vae"), stage.run("vae")
    for z in ((2.0, -1.0), (-2.0, 1.5)):
        stage.window.show_tab("information")
        stage.desk.point.move(np.array(z, np.float32))
        stage.window.show_tab("lineup")
        key = NearestLook(stage.desk.point.z).key
        stage.until(lambda key=key: (found := stage.answer(run, NearestLook)) is not None and found.key == key)
        assert np.array_equal(image._pixels, run.show(stage.desk.point.z[None])[0])
