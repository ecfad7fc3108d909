"""Work that was not saved survives the end of its window, and is offered once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QMessageBox

from core.engine.document_file import load
from core.foundation.generations import MANIFEST
from gui.files import documents, kept_work
from gui.files.kept_work import EXPERIMENT, left_folders, newest_left, prune

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

Z = np.linspace(-1.5, 1.5, 8, dtype=np.float32).reshape(4, 2)


def train(stage: Stage, steps: int) -> None:  # noqa: F821
    stage.desk.experiment.step(steps)
    stage.until(lambda: all(run.view.status.step >= steps for run in stage.desk.runs))
    stage.until(stage.all_are("paused"))
    stage.until(lambda: all(run.worker.kept and run.worker.kept.step >= steps for run in stage.desk.runs))


def keep(stage: Stage) -> None:  # noqa: F821
    """Keep now, as the timer would."""
    stage.window.kept_work.keep()
    stage.until(lambda: stage.window.kept_work._keeping is None)


def crash(stage: Stage) -> Path:  # noqa: F821
    """As a kill would: the lock is gone, the files stay. Returns the folder of all windows."""
    work = stage.window.kept_work
    assert work._folder is not None
    work._timer.stop()
    work._held.close()
    work._folder = None
    stage.window.close()
    return work._root


def box_of(stage: Stage) -> QMessageBox:  # noqa: F821
    def boxes() -> list[QMessageBox]:
        return [box for box in stage.window.findChildren(QMessageBox) if box.isVisible()]

    stage.until(lambda: bool(boxes()))
    return boxes()[0]


def answer(stage: Stage, words: str) -> None:  # noqa: F821
    box = box_of(stage)
    next(button for button in box.buttons() if button.text() == words).click()
    stage.until(lambda: not box.isVisible())


def test_after_a_crash_the_next_window_offers_what_was_kept(desk_window: Open) -> None:
    one = desk_window(("vae", "gan"))
    train(one, 30)
    one.desk.point.move(np.array([0.5, -1.25], np.float32))
    keep(one)
    before = {run.model_name: run.decode(Z) for run in one.desk.runs}
    root = crash(one)
    assert len(left_folders(root)) == 1

    two = desk_window(("ae",))
    two.window.kept_work.offer()
    box = box_of(two)
    assert "VAE at step 30, GAN at step 30" in box.informativeText()
    assert not box.iconPixmap().isNull()
    answer(two, "Open it")
    two.until(lambda: [run.view.status.step for run in two.desk.runs] == [30, 30])
    two.until(two.all_are("ready", "paused"))
    assert two.desk.point.z.tolist() == [0.5, -1.25]
    for run in two.desk.runs:
        assert np.array_equal(run.decode(Z), before[run.model_name])
    two.window.documents.look()
    assert two.window.windowTitle() == "• Untitled — Latent Playground"
    assert left_folders(root) == []  # held by this window now
    two.until(lambda: all(run.worker.kept is not None for run in two.desk.runs))
    keep(two)
    (folder,) = [each for each in root.iterdir()]  # that of the first window is gone
    assert folder == two.window.kept_work._folder
    crash(two)  # a second crash loses nothing more
    left = newest_left(root)
    assert left is not None
    assert [lane.run.step for lane in left.found.lanes] == [30, 30]


@pytest.mark.parametrize("new_name", ["0-of-a-clock-that-was-set-back", "9-later"])
def test_killed_between_its_save_and_the_removal_of_the_last_one_a_window_leaves_one(
    new_name: str, desk_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that goes on from the other, whatever the times in their names say."""
    one = desk_window(("ae",))
    train(one, 5)
    keep(one)
    root = crash(one)
    two = desk_window(("ae",))
    two.window.kept_work.offer()
    answer(two, "Open it")
    two.until(lambda: [run.view.status.step for run in two.desk.runs] == [5])
    two.until(lambda: all(run.worker.kept is not None for run in two.desk.runs))
    with monkeypatch.context() as patch:
        patch.setattr(kept_work, "_remove", lambda folder: None)
        keep(two)
    new = two.window.kept_work._folder
    crash(two)
    assert len(left_folders(root)) == 2
    new = new.rename(root / new_name)
    left = newest_left(root)
    assert left is not None
    assert left.folder == new
    assert left_folders(root) == [new]


def test_a_folder_whose_removal_is_cut_short_is_not_offered(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that ends does not wait for a slow disk, and a kill may come amid a removal."""
    one = desk_window(("ae",))
    train(one, 5)
    keep(one)
    root = crash(one)
    assert newest_left(root) is not None
    with monkeypatch.context() as patch:
        patch.setattr(kept_work.shutil, "rmtree", lambda folder, ignore_errors: None)
        kept_work._remove(left_folders(root)[0])
    assert len(list(root.iterdir())) == 1
    assert left_folders(root) == []
    assert newest_left(root) is None
    assert list(root.iterdir()) == []


def test_killed_amid_its_first_save_a_window_leaves_what_it_began_with_and_no_more(
    desk_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own folder, in which nothing is whole, stayed for ever: nobody can open it."""
    one = desk_window(("ae",))
    train(one, 5)
    keep(one)
    root = crash(one)
    (whole,) = left_folders(root)
    began = root / f"{whole.name}-later"
    shutil.copytree(whole, began)
    (began / "experiment" / MANIFEST).unlink()  # it comes last
    empty = root / "a-window-begins"
    empty.mkdir()  # and writes once it holds its folder
    left = newest_left(root)
    assert left is not None
    assert left.folder == whole
    assert sorted(root.iterdir()) == sorted([whole, empty])


def test_what_is_discarded_is_not_offered_again_and_what_is_not_now_is(desk_window: Open) -> None:
    one = desk_window(("ae",))
    train(one, 5)
    keep(one)
    root = crash(one)
    two = desk_window(("ae",))
    for words, count in (("Not now", 1), ("Discard", 0)):
        two.window.kept_work.offer()
        answer(two, words)
        assert len(left_folders(root)) == count


def test_a_window_that_ends_in_order_leaves_nothing(
    desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "WORTH_ASKING_S", 0.0)
    stage = desk_window(("ae",))
    root = stage.window.kept_work._root
    keep(stage)
    assert not root.exists()  # nothing was learned yet
    train(stage, 5)
    keep(stage)
    assert len(list(root.iterdir())) == 1
    assert left_folders(root) == []
    stage.window.close()
    assert list(root.iterdir()) == []


def test_what_was_saved_since_is_not_offered(desk_window: Open, tmp_path: Path) -> None:
    stage = desk_window(("ae",))
    train(stage, 5)
    keep(stage)
    stage.window.documents.write(tmp_path / "a.lplay")
    stage.until(lambda: stage.window.documents.is_saved)
    root = crash(stage)
    assert newest_left(root) is None


def test_a_signal_leaves_what_was_not_saved(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "WORTH_ASKING_S", 0.0)
    stage = desk_window(("ae",))
    train(stage, 5)
    stage.window.kept_work.keeps_at_end = True
    root = stage.window.kept_work._root
    stage.window.close()
    (folder,) = left_folders(root)
    assert load(folder / EXPERIMENT).lanes[0].run.step == 5


def test_two_windows_keep_apart_and_offer_nothing_of_each_other(desk_window: Open) -> None:
    one, two = desk_window(("ae",)), desk_window(("vae",))
    for stage in (one, two):
        train(stage, 3)
        keep(stage)
    root = one.window.kept_work._root
    assert len(list(root.iterdir())) == 2
    assert newest_left(root) is None


def test_nothing_is_kept_twice_and_a_full_disk_is_told_once(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("ae",))
    train(stage, 3)
    written: list[int] = []
    real = kept_work.KeptWork._write
    monkeypatch.setattr(kept_work.KeptWork, "_write", lambda *words: (written.append(1), real(*words)))
    keep(stage)
    keep(stage)
    assert written == [1]
    monkeypatch.setattr(kept_work.KeptWork, "_write", lambda *_: (_ for _ in ()).throw(OSError(28, "No space")))
    for steps in (4, 5):
        train(stage, steps)
        keep(stage)
    told = [event.text for event in stage.window.status.events if "cannot be kept" in event.text]
    assert len(told) == 1


def test_space_is_bounded_and_damage_is_passed_over(desk_window: Open, tmp_path: Path) -> None:
    for name in ("1", "2", "3"):
        (tmp_path / "root" / name).mkdir(parents=True)
        (tmp_path / "root" / name / "file").write_bytes(b"x" * 1000)
    assert newest_left(tmp_path / "root") is None
    prune(tmp_path / "root", 2500)
    assert sorted(path.name for path in (tmp_path / "root").iterdir()) == ["2", "3"]
    prune(tmp_path / "nowhere", 0)


def test_an_edit_is_kept_soon(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_work, "EDIT_S", 0.0)
    monkeypatch.setattr(kept_work, "LOOK_MS", 10)
    stage = desk_window(("ae", "vae"))
    work = stage.window.kept_work
    for edit in (
        lambda: stage.desk.set_knob(stage.desk.runs[0], "lr", 0.01),
        lambda: stage.desk.close_lane(stage.desk.runs[0]),
        stage.desk.undo.undo,
    ):
        edit()
        marks = stage.window.documents.marks()
        stage.until(lambda marks=marks: work._marks == marks)
    assert work._folder is not None
    lanes = load(work._folder / EXPERIMENT).lanes
    assert [lane.run.model for lane in lanes] == ["ae", "vae"]
    assert lanes[0].pending.lr == 0.01


def test_a_lane_that_has_not_heard_of_an_edit_is_kept_as_it_will_begin(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    experiment = stage.desk.experiment
    stage.window.documents.look()
    experiment.setup = replace(experiment.setup, latent=3)  # its view is of 2 until the engine has built it anew
    experiment._place_cursor()
    for run in experiment.runs:
        run.setup = experiment.setup
    keep(stage)
    work = stage.window.kept_work
    assert work._folder is not None
    found = load(work._folder / EXPERIMENT)
    assert found.setup.latent == 3
    assert [lane.run.setup.latent for lane in found.lanes] == [3, 3]


def test_a_lane_that_learned_is_not_kept_until_it_has_heard_of_an_edit(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    train(stage, 3)
    keep(stage)
    work, experiment = stage.window.kept_work, stage.desk.experiment
    assert work._folder is not None
    experiment.setup = replace(experiment.setup, seed=experiment.setup.seed + 1)
    keep(stage)
    assert load(work._folder / EXPERIMENT).setup.seed == experiment.setup.seed - 1  # whole, and tried again soon
