"""The experiment of a window is saved and opened as a document, and nothing of it goes without a word."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox

from core.engine.document_file import load, save
from core.models.base import MODELS
from core.remote.homes import Coming
from gui.files import documents
from gui.files.drop import goal_of
from gui.files.recent import MOST
from gui.shell import app
from gui.shell.app import Opening
from tests.gui.hands import heard

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

Z = np.linspace(-1.5, 1.5, 8, dtype=np.float32).reshape(4, 2)


def write(stage: Stage, place: Path) -> None:  # noqa: F821
    """Save the experiment and wait until it is written."""
    stage.window.documents.write(place)
    stage.until(lambda: stage.window.documents.place == place and stage.window.documents.is_saved)


def train(stage: Stage, steps: int) -> None:  # noqa: F821
    stage.desk.experiment.step(steps)
    stage.until(lambda: all(run.view.status.step >= steps for run in stage.desk.runs))
    stage.until(stage.all_are("paused"))


def box_of(stage: Stage) -> QMessageBox:  # noqa: F821
    """The question that is open."""

    def boxes() -> list[QMessageBox]:
        return [box for box in stage.window.findChildren(QMessageBox) if box.isVisible()]

    stage.until(lambda: bool(boxes()))
    return boxes()[0]


def answer(stage: Stage, words: str) -> None:  # noqa: F821
    box = box_of(stage)
    next(button for button in box.buttons() if button.text() == words).click()
    stage.until(lambda: not box.isVisible())


def test_an_experiment_comes_back_in_another_window(
    desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "mine.lplay"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine"), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(place), ""))
    one = desk_window(("vae", "gan"))
    train(one, 30)
    vae, gan = one.desk.runs
    one.desk.set_knob(vae, "beta", 3.0)
    one.desk.set_knob(gan, "hidden", "48")  # at the next restart
    one.desk.move_lane(gan, -1)
    one.desk.select(gan)
    one.desk.point.move(np.array([0.5, -1.25], np.float32))
    one.desk.point.put_pin("a", np.array([1.0, 1.0], np.float32))
    one.desk.point.set_arc(True)
    one.desk.set_sampler("raw")
    one.desk.set_map_style("codes")
    one.desk.isolate(frozenset({1, 7}))
    one.desk.chosen.index_wanted.emit(12)
    one.until(lambda: vae.view.config.beta == 3.0)
    one.key("Ctrl+S")
    one.until(lambda: place.exists() and one.window.documents.is_saved)
    before = {run.model_name: run.decode(Z) for run in one.desk.runs}

    two = desk_window(("ae",))
    two.key("Ctrl+O")
    two.until(lambda: two.window.documents.place == place)
    two.until(lambda: [run.view.status.step for run in two.desk.runs] == [30, 30])
    two.until(two.all_are("ready", "paused"))
    desk = two.desk
    assert [(run.model_name, run.slot) for run in desk.runs] == [("gan", 1), ("vae", 0)]
    assert desk.selected is desk.runs[0]
    assert desk.runs[1].view.config.beta == 3.0
    assert desk.waiting_knobs(desk.runs[0]) == ["hidden"]
    assert desk.point.z.tolist() == [0.5, -1.25]
    assert desk.point.pin("a").tolist() == [1.0, 1.0]
    assert desk.point.arc
    assert (desk.sampler, desk.map_style, desk.isolated) == ("raw", "codes", frozenset({1, 7}))
    assert two.window.input.image is not None
    assert desk.chosen.index == 12
    for run in desk.runs:
        assert np.array_equal(run.decode(Z), before[run.model_name])
    assert two.window.windowTitle() == "mine — Latent Playground"
    for stage in (one, two):
        train(stage, 50)
    after = {run.model_name: run.decode(Z) for run in one.desk.runs}
    for run in desk.runs:
        assert np.array_equal(run.decode(Z), after[run.model_name])  # as if it had never stopped
    two.window.grab()


def test_the_title_says_what_is_not_saved(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae", "vae"))
    shown = stage.window.documents
    shown.look()
    assert stage.window.windowTitle() == "Latent Playground"
    train(stage, 3)
    shown.look()
    assert stage.window.windowTitle() == "• Untitled — Latent Playground"
    write(stage, tmp_path / "mine.lplay")
    assert stage.window.windowTitle() == "mine — Latent Playground"
    edits: list[Callable[[], object]] = [
        lambda: stage.desk.set_knob(stage.desk.runs[0], "lr", 0.01),
        lambda: stage.desk.move_lane(stage.desk.runs[0], 1),
        lambda: stage.desk.point.set_pin("b"),
        lambda: stage.desk.set_setup("steps", 900),
        lambda: stage.desk.close_lane(stage.desk.runs[0]),
        lambda: train(stage, 4),
    ]
    for edit in edits:
        edit()
        shown.look()
        assert stage.window.windowTitle() == "• mine — Latent Playground"
        write(stage, tmp_path / "mine.lplay")
        assert stage.window.windowTitle() == "mine — Latent Playground"


@pytest.mark.parametrize("how", ["Ctrl+Q", "its own button"])
def test_quitting_asks_where_something_was_learned(
    how: str, desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("ae",))
    closed = heard(stage.window.closed)

    def quit_it() -> None:
        if how == "Ctrl+Q":
            stage.key("Ctrl+Q")
        else:
            event = QCloseEvent()
            monkeypatch.setattr(QCloseEvent, "spontaneous", lambda _: True)
            stage.window.closeEvent(event)
            assert not event.isAccepted()
            monkeypatch.undo()
            monkeypatch.setattr(documents, "WORTH_ASKING_S", 0.0)

    train(stage, 3)
    assert not stage.window.documents.would_lose()  # less than 10 s of training
    monkeypatch.setattr(documents, "WORTH_ASKING_S", 0.0)
    quit_it()
    assert "Quitting loses up to" in box_of(stage).informativeText()
    answer(stage, "Cancel")
    assert closed == []
    stage.window.documents.place = tmp_path / "kept.lplay"
    quit_it()
    answer(stage, "Keep")
    stage.until(lambda: closed == [()])
    assert load(tmp_path / "kept.lplay").lanes[0].run.step == 3


def test_discarding_and_what_is_saved_need_no_more_words(
    desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "WORTH_ASKING_S", 0.0)
    stage = desk_window(("ae",))
    train(stage, 3)
    write(stage, tmp_path / "mine.lplay")
    assert not stage.window.documents.would_lose()
    done: list[str] = []
    stage.window.documents.ask_before("This", lambda: done.append("at once"))
    train(stage, 4)
    stage.window.documents.ask_before("This", lambda: done.append("discarded"))
    assert done == ["at once"]
    answer(stage, "Discard")
    assert done == ["at once", "discarded"]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    stage.window.documents.place = None
    stage.window.documents.ask_before("This", lambda: done.append("not kept"))
    answer(stage, "Keep")  # and no file was chosen
    assert done == ["at once", "discarded"]


def test_other_data_ask_nothing_and_can_be_undone(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WORTH_ASKING_S", 0.0)
    stage = desk_window(("ae",))
    train(stage, 3)
    before = stage.window.data.config
    stage.window.data.load("shapes", {"train_images": 1000})
    stage.until(lambda: stage.desk.experiment.dataset.name == "shapes" and stage.all_are("ready")())
    other = stage.window.data.config
    assert other != before
    stage.desk.undo.undo()
    assert stage.desk.experiment.dataset.name == "mnist"
    assert (stage.window.data.config, stage.desk.runs[0].view.status.step) == (before, 3)
    stage.desk.undo.redo()
    assert stage.window.data.config == other


def test_what_began_again_after_a_save_is_asked_about(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    found, run = stage.window.documents, stage.desk.runs[0]
    train(stage, 3)
    write(stage, tmp_path / "mine.lplay")
    found._seconds[run] = 60.0  # it had trained for a minute
    stage.desk.restart()
    stage.until(stage.all_are("ready"))
    run.board.change(lambda view: replace(view, status=replace(view.status, seconds=11.0)))
    assert found.would_lose()
    found.look()
    run.board.change(lambda view: replace(view, status=replace(view.status, seconds=80.0)))
    assert found._longest_s(stage.desk.experiment.scene) == 80.0


def test_an_edit_counts_while_a_lane_is_being_built(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae", "vae"))
    write(stage, tmp_path / "mine.lplay")
    ae, vae = stage.desk.runs
    ae.board.change(lambda view: replace(view, status=replace(view.status, state="building", step=9)))
    stage.window.documents.look()
    assert stage.window.documents.is_saved
    stage.desk.set_knob(vae, "lr", 0.01)
    stage.window.documents.look()
    assert not stage.window.documents.is_saved


def test_a_file_that_cannot_be_opened_leaves_the_lanes(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    lanes = list(stage.desk.runs)
    for content in (b"no experiment", b""):
        (tmp_path / "bad.lplay").write_bytes(content)
        stage.window.documents.open(tmp_path / "bad.lplay")
        stage.until(stage.has_dialog)
        stage.dialog().close()
        stage.until(lambda: not stage.has_dialog())
    assert stage.desk.runs == lanes
    assert stage.window.documents.place is None


def test_recent_experiments_are_in_the_menu(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    for number in range(MOST + 2):
        stage.window.documents.recent.note(tmp_path / f"{number}.lplay")
    write(stage, tmp_path / "there.lplay")
    menu, opened = QMenu(), []
    stage.window.documents.recent.fill(menu, opened.append)
    names = [action.text() for action in menu.actions()]
    assert names == ["there.lplay", *(f"{n}.lplay (missing)" for n in range(MOST + 1, 2, -1))]
    assert [action.isEnabled() for action in menu.actions()] == [True] + [False] * (MOST - 1)
    assert not menu.actions()[0].icon().isNull()
    menu.actions()[0].trigger()
    assert opened == [tmp_path / "there.lplay"]


def test_the_lesson_that_was_open_is_kept(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    stage.window.middle.toggle_lessons()
    stage.window.lessons.start(5)
    assert stage.window.lessons.open_number == 5
    write(stage, tmp_path / "a.lplay")
    lanes = list(stage.desk.runs)
    stage.window.lessons.start(3)
    stage.window.middle.toggle_lessons()
    assert stage.window.lessons.open_number == 0
    stage.window.documents.open(tmp_path / "a.lplay")
    stage.until(lambda: stage.window.lessons.open_number == 5)
    assert stage.window.lessons.isVisible()
    assert len(stage.desk.runs) == len(lanes)


def test_an_experiment_can_be_dropped(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae", "vae"))
    write(stage, tmp_path / "a.lplay")
    stage.desk.close_lane(stage.desk.runs[0])
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.lplay"))])
    goal = goal_of(mime, has_pictures=True)
    assert goal.is_usable
    stage.window.data._take_drop(goal)
    stage.until(lambda: [run.model_name for run in stage.desk.runs] == ["ae", "vae"])


def test_the_next_start_opens_what_was_open(
    desk_window: Open, bare_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("gan",))
    train(stage, 5)
    write(stage, tmp_path / "last.lplay")
    stage.window.close()
    for place, lanes in ((tmp_path / "last.lplay", ["gan"]), (tmp_path / "gone.lplay", None)):
        again = bare_window()
        again.window.settings.write("experiment", str(place))
        again.window.settings.write("dataset", "shapes")
        opening = Opening(again.window, Coming("threads"))
        again.until(lambda again=again: not again.desk.is_open)
        opening.start()
        again.until(lambda again=again: again.desk.is_open)
        assert lanes is None or [run.model_name for run in again.desk.runs] == lanes
        again.until(again.all_are("ready", "paused"))
        assert again.desk.runs[0].view.status.step == (5 if lanes else 0)
        again.window.close()


def test_a_start_does_not_wait_for_a_disk_that_is_silent(
    bare_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, place, exists = threading.Event(), tmp_path / "far.lplay", Path.exists
    monkeypatch.setattr(app, "LAST_S", 0.05)
    monkeypatch.setattr(Path, "exists", lambda path, **_: exists(path) if path != place else answers.wait(60))
    stage = bare_window()
    told = heard(stage.desk.told)
    stage.window.settings.write("experiment", str(place))
    stage.window.settings.write("dataset", "shapes")
    Opening(stage.window, Coming("threads")).start()
    stage.until(lambda: stage.desk.is_open)
    stage.until(lambda: any("does not answer" in words for words, _ in told))
    answers.set()


def test_of_a_lost_engine_the_weights_are_saved(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    train(stage, 6)
    run = stage.desk.runs[0]
    run.stop()
    stage.until(lambda: run.has_ended)
    stage.window.documents.write(tmp_path / "a.lplay")
    stage.until(lambda: stage.window.documents.place is not None)
    found = load(tmp_path / "a.lplay").lanes[0].run
    assert (found.step, found.continuation) == (6, None)
    save(tmp_path / "again.lplay", load(tmp_path / "a.lplay"))


@pytest.mark.parametrize("kind", ["draw", "own"])
def test_a_picture_of_the_user_comes_back(desk_window: Open, tmp_path: Path, kind: str) -> None:
    stage = desk_window(("ae",))
    card, image = stage.window.input, np.zeros((1, 28, 28), np.float32)
    image[0, 5:20, 10:14] = 1.0
    stage.desk.chosen.given.emit(kind, image)
    assert np.array_equal(card.image(), image)
    write(stage, tmp_path / "mine.lplay")
    stage.desk.chosen.index_wanted.emit(3)
    stage.window.documents.open(tmp_path / "mine.lplay")
    stage.until(lambda: stage.desk.chosen.kind == kind)
    assert np.array_equal(stage.desk.chosen.image, image)
    assert np.array_equal(card.image(), image)
    assert card._kind.value() == kind
    if kind == "draw":  # to go on with
        assert not card._canvas.empty
        assert (card._canvas.pixels()[60:190, 105:135] > 200).all()


def test_the_tab_and_the_rows_come_back(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    window = stage.window
    window.lineup.show_row("film", not window.lineup.shown["film"])
    shown = dict(window.lineup.shown)
    window.show_tab("compare")
    write(stage, tmp_path / "mine.lplay")
    window.show_tab("latent")
    window.lineup.show_row("film", not shown["film"])
    window.documents.open(tmp_path / "mine.lplay")
    stage.until(lambda: window.pages.tab == "compare")
    stage.until(lambda: window.lineup.shown == shown)
    found = load(tmp_path / "mine.lplay")
    bad = {**found.shown, "tab": ["compare"], "rows": {"film": 3, "no such row": True, "loss": "no"}}
    save(tmp_path / "bad.lplay", replace(found, shown=bad))
    window.show_tab("lineup")
    window.documents.open(tmp_path / "bad.lplay")
    stage.until(lambda: window.documents.place == tmp_path / "bad.lplay")
    assert (window.pages.tab, window.lineup.shown) == ("lineup", shown)


def test_quitting_amid_a_lesson_asks_about_the_lanes_that_it_put_aside(
    desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "WORTH_ASKING_S", 0.0)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mine.lplay"), ""))
    stage = desk_window(("gan", "vae"))
    train(stage, 3)
    mine = list(stage.desk.runs)
    stage.desk.experiment.begin(
        stage.desk.experiment.setup, stage.desk.experiment.dataset, [("ae", MODELS.get("ae").Config())], keep=True
    )
    stage.desk.announce_lanes(stage.desk.runs[0], False)
    stage.until(stage.all_are("ready"))
    found = stage.window.documents
    assert found.to_keep() is stage.desk.experiment.aside
    stage.window.kept_work.keep()  # a crash would lose them
    stage.until(lambda: stage.window.kept_work._keeping is None)
    kept = stage.window.kept_work._folder
    assert kept is not None
    assert [lane.run.model for lane in load(kept / "experiment").lanes] == ["gan", "vae"]
    done: list[str] = []
    found.ask_before("Quitting", lambda: done.append("quit"))
    assert "your own lanes, set aside for a lesson" in box_of(stage).text()
    answer(stage, "Keep")
    stage.until(lambda: done == ["quit"])
    assert stage.desk.runs == mine
    assert [lane.run.step for lane in load(tmp_path / "mine.lplay").lanes] == [3, 3]
