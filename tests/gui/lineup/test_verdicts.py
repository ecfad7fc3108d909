"""Verdicts in the window: the chip in a lane's head, the list behind it, and its actions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from core.engine.board import View
from core.engine.run import Run
from core.probes.codes import LatentCodesLook
from core.verdicts import FIRST_STEP, Action, Verdict
from gui.drawing import theme
from gui.lineup.lane_header import LaneHeader
from gui.lineup.verdict_chip import LaneVerdicts, apply
from gui.lineup.verdict_list import VerdictChip, VerdictList, tip
from gui.widgets.buttons import Button
from gui.widgets.popover import Popover
from tests.gui import hands

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
LEFT = Qt.MouseButton.LeftButton
PATIENCE_S = 60.0


def verdict(tone: str, word: str = "Word", action: Action | None = None) -> Verdict:
    return Verdict(word.lower(), tone, word, f"{word} reads 3 nats.", "Above 2 nats.", "Do less.", action)  # type: ignore[arg-type]


def head(stage: Stage, model: str) -> LaneHeader:  # noqa: F821
    run = stage.run(model)
    return next(each for each in stage.window.findChildren(LaneHeader) if each.run is run)


def collapse(stage: Stage) -> LaneVerdicts:  # noqa: F821
    """Train the VAE with a huge β until its chip says that the posterior collapsed."""
    run = stage.run("vae")
    stage.desk.set_knob(run, "beta", 100.0)
    run.step(FIRST_STEP)
    chip = head(stage, "vae").verdicts
    stage.until(lambda: "posterior_collapse" in [each.name for each in chip.verdicts()])
    return chip


def open_popover() -> Popover:
    popover = QApplication.activePopupWidget()
    assert isinstance(popover, Popover)
    return popover


def warnings_of(run: Run) -> list[str]:
    return [event.text for event in run.view.events if event.tone in ("warn", "error")]


def test_a_collapse_is_shown_logged_once_and_undone_by_one_click(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    run = stage.run("vae")
    chip = collapse(stage)
    assert chip.text() == "Posterior collapse"
    assert chip.is_grave()
    assert not head(stage, "ae").verdicts.is_grave()
    run.step(20)
    stage.until(lambda: stage.answer(run, LatentCodesLook, step=FIRST_STEP + 20) is not None)
    stage.until(lambda: any("Posterior collapse" in event.text for event in stage.window.status.events))
    assert len([words for words in warnings_of(run) if words.startswith("Posterior collapse. 2 of 2 dimensions")]) == 1
    QTest.mouseClick(chip, LEFT)
    popup = open_popover()
    assert stage.find(QWidget, "verdict posterior_collapse", popup).isVisible()
    QTest.mouseClick(stage.find(Button, "try posterior_collapse", popup), LEFT)
    assert QApplication.activePopupWidget() is None
    assert run.pending.beta == 1.0
    stage.wait(run, lambda view: view.config.beta == 1.0)
    assert stage.window.status.events[-1].text == "VAE: Set β to 1."
    stage.key("Ctrl+Z")
    assert run.pending.beta == 100.0  # undo does not go back to before the user's change
    stage.key("Ctrl+Z")
    assert run.pending.beta == 1.0


def test_all_of_it_by_keyboard(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    run, chip = stage.run("vae"), collapse(stage)
    stage.window.activateWindow()
    for _ in range(200):
        if QApplication.focusWidget() is chip:
            break
        stage.key("Tab")
    assert QApplication.focusWidget() is chip
    stage.key("Return")
    button = stage.find(Button, "try posterior_collapse", open_popover())
    stage.until(button.hasFocus)
    stage.key("Esc")
    assert QApplication.activePopupWidget() is None
    assert run.pending.beta == 100.0
    chip.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("Return")
    button = stage.find(Button, "try posterior_collapse", open_popover())
    stage.until(button.hasFocus)
    stage.key("Return")
    assert QApplication.activePopupWidget() is None
    assert run.pending.beta == 1.0


def test_a_turned_knob_clears_the_verdicts_that_depend_on_it(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    run, chip = stage.run("vae"), collapse(stage)
    stage.desk.set_knob(run, "lr", 2e-3)
    stage.wait(run, lambda view: view.config.lr == 2e-3)
    stage.until(lambda: stage.desk.verdicts.of(run, run.view) == chip.verdicts())
    assert chip.text() == "Posterior collapse"
    stage.desk.set_knob(run, "beta", 99.0)
    stage.until(lambda: chip.verdicts() == ())
    run.step(FIRST_STEP)
    stage.until(lambda: chip.text() == "Posterior collapse")


def test_a_restart_clears_verdicts_and_may_log_them_again(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    run, chip = stage.run("vae"), collapse(stage)
    first = len(warnings_of(run))
    stage.desk.restart_lane(run)
    stage.until(lambda: run.view.life == 1 and not chip.verdicts())
    assert chip.width() == 0
    run.step(FIRST_STEP)
    stage.until(lambda: chip.is_grave())
    assert len(warnings_of(run)) == first  # of this life; what it was before is put away with its own


def test_a_knob_that_is_not_live_restarts_the_lane(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    run, other = stage.run("ae"), stage.run("vae")
    apply(stage.desk, run, Action("Begin again with layers 16", "knob", "hidden", "16"))

    def has_restarted(view: View) -> bool:
        return view.life == 1 and view.status.state == "ready"

    assert stage.wait(run, has_restarted).config.hidden == "16"
    assert other.view.life == 0
    stage.desk.undo.undo()
    assert run.pending.hidden == "64"
    assert stage.desk.waiting_knobs(run) == ["hidden"]


def test_the_other_kinds_of_action(desk_window: Open, heard: Callable[..., list[object]]) -> None:
    stage = desk_window(("ae",))
    run = stage.run("ae")
    changed = heard(stage.desk.sampler_changed)
    for _ in range(2):
        apply(stage.desk, run, Action("Sample from a GMM", "sampler", "sampler", "gmm"))
    assert stage.desk.sampler == "gmm"
    assert len(changed) == 1
    apply(stage.desk, run, Action("Use 3 dims", "setup", "latent", 3))
    stage.wait(run, lambda view: view.life == 1 and view.status.state == "ready")
    assert stage.desk.experiment.setup.latent == 3
    run.start()
    stage.wait(run, lambda view: view.status.state == "training")
    apply(stage.desk, run, Action("Pause this lane", "pause"))
    stage.wait(run, lambda view: view.status.state == "paused")


@pytest.mark.parametrize("size", [(1100, 700), (1440, 900)])
def test_the_compare_tab_says_it_too(desk_window: Open, size: tuple[int, int]) -> None:
    stage = desk_window(("ae", "vae"), size=size)
    run = stage.run("vae")
    stage.key("Ctrl+3")
    heads = stage.tab.heads
    stage.desk.set_knob(run, "beta", 100.0)
    run.step(FIRST_STEP)
    chip = stage.find(LaneVerdicts, f"verdicts {run.slot + 1}", heads)
    stage.until(chip.is_grave)
    span = stage.tab._columns.lanes[1]
    assert span.x < chip.x()
    assert chip.geometry().right() < span.end
    QTest.mouseClick(chip, LEFT)
    QTest.mouseClick(stage.find(Button, "try posterior_collapse", open_popover()), LEFT)
    assert run.pending.beta == 1.0


def test_the_sheet_is_as_high_as_its_verdicts(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    chip = head(stage, "vae").verdicts
    stage.window.clock.stop()
    heights = []
    one, two, three = verdict("error", "One"), verdict("warn", "Two"), verdict("note", "Three")
    for shown in ((one,), (one, two, three), (two,)):
        chip.set_verdicts(shown)
        chip.open()
        popup = open_popover()
        verdict_list = popup.findChild(VerdictList)
        assert isinstance(verdict_list, VerdictList)
        rows = [row for row in verdict_list.children() if isinstance(row, QWidget) and row.isVisible()]
        assert len(rows) == len(shown)
        assert all(row.height() >= row.sizeHint().height() for row in rows)
        heights.append(popup.height())
        popup.close()
    assert heights[1] > 2 * heights[0]
    assert heights[2] == heights[0]


@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_the_chip_keeps_to_its_place(desk_window: Open, size: tuple[int, int]) -> None:
    stage = desk_window(size=size)
    top = head(stage, "gan")
    stage.until(lambda: top.width() < size[0] / 3)  # laid out
    stage.window.clock.stop()
    for shown in (
        (),
        (verdict("good", "Still improving"),),
        (verdict("error", "A word that is far too long for any lane"), verdict("warn"), verdict("note")),
    ):
        top.verdicts.set_verdicts(shown)
        top._place_verdicts()
        place = top.verdicts.geometry()
        assert (place.width() == 0) is (shown == ())
        assert place.width() <= 0.6 * top.width()
        assert QRect(QPoint(0, 0), top.size()).contains(place) or not shown
        assert not place.intersects(top._pause.geometry())
        assert not place.intersects(top._menu.geometry())
        assert (top.verdicts.focusPolicy() == Qt.FocusPolicy.TabFocus) is bool(shown)


def test_the_key_fact_stays_unless_it_is_grave(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    top = head(stage, "vae")
    stage.until(lambda: top.width() > 640)  # laid out
    stage.window.clock.stop()
    line = QRect(top.width() // 2, theme.px(31), top.width() // 2 - theme.px(20), theme.px(18))

    def picture() -> bytes:
        top._place_verdicts()
        QApplication.processEvents()
        image = top.grab(line).toImage()
        return bytes(image.constBits())

    stage.desk.set_knob(stage.run("vae"), "beta", 2.0)
    stage.wait(stage.run("vae"), lambda view: view.config.beta == 2.0)

    def depends_on_beta() -> bool:
        seen = []
        for beta in (2.0, 7.0):
            stage.desk.set_knob(stage.run("vae"), "beta", beta)
            stage.wait(stage.run("vae"), lambda view, beta=beta: view.config.beta == beta)
            seen.append(picture())
        return seen[0] != seen[1]

    assert depends_on_beta()
    top.verdicts.set_verdicts((verdict("good"),))
    assert depends_on_beta()
    top.verdicts.set_verdicts((verdict("warn"),))
    assert not depends_on_beta()


# --- the widgets alone -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tone", "token"), [("good", "ok"), ("note", "text_2"), ("warn", "warn"), ("error", "error")])
def test_a_chip_wears_its_tone(tone: str, token: str, qtbot: object, dark: None) -> None:
    chip = VerdictChip()
    hands.show(qtbot, chip)  # type: ignore[arg-type]
    assert chip.sizeHint().width() == 0
    assert chip.set_verdicts((verdict(tone),))
    assert not chip.set_verdicts((verdict(tone),))
    chip.resize(chip.sizeHint())
    assert theme.current().token(token).upper() in hands.colors_of(chip)
    assert chip.accessibleName() == "Word: Word reads 3 nats."


@pytest.mark.parametrize("tone", ["note", "warn"])
def test_a_chip_shows_the_weightiest_and_counts_the_others(tone: str, qtbot: object, dark: None) -> None:
    alone, several = VerdictChip(), VerdictChip()
    alone.set_verdicts((verdict(tone, "First"),))
    several.set_verdicts((verdict(tone, "First"), verdict("note", "Second"), verdict("good", "Third")))
    assert several.text() == "First"
    assert several._more() == "+2"
    assert several.sizeHint().width() > alone.sizeHint().width()
    assert [line.split(":")[0] for line in several.toolTip().split("\n")[:3]] == ["First", "Second", "Third"]
    several.set_worded(False)
    assert several._more() == ("+2" if tone == "warn" else "")  # an icon alone has no number


def test_a_narrow_chip_loses_the_number_before_the_word(qtbot: object, dark: None) -> None:
    chip = VerdictChip()
    chip.set_verdicts((verdict("warn"), verdict("note")))
    preferred = chip.sizeHint().width()
    alone = VerdictChip()
    alone.set_verdicts((verdict("warn"),))
    assert chip.width_within(preferred) == preferred
    assert chip.width_within(preferred - 1) == alone.sizeHint().width() < preferred
    assert chip.width_within(40) == 40


def test_tooltips_are_no_wider_than_a_page_and_break_no_figure() -> None:
    words = "Above 35 % of prior draws, where a VAE reads 5 %. " * 12
    lines = tip(words + "\nSecond.").split("\n")
    assert max(map(len, lines)) <= 76
    assert lines[-1] == "Second."
    assert not [line for line in lines if line.startswith("%")]


def test_the_list_says_why_and_offers_what_helps(qtbot: object, dark: None) -> None:
    action = Action("Set β to 1", "knob", "beta", 1.0)
    verdict_list = VerdictList(300)
    chosen = hands.heard(verdict_list.action_chosen)
    verdict_list.set_verdicts([verdict("error", "One", action), verdict("note", "Two")])
    hands.show(qtbot, verdict_list)  # type: ignore[arg-type]
    row = verdict_list.findChild(QWidget, "verdict one")
    assert isinstance(row, QWidget)
    spot = QPoint(5, 5)
    QApplication.sendEvent(row, QHelpEvent(QEvent.Type.ToolTip, spot, row.mapToGlobal(spot)))
    assert QToolTip.text() == "Above 2 nats."
    QToolTip.hideText()
    buttons = verdict_list.findChildren(Button)
    assert [button.text() for button in buttons] == ["Set β to 1"]
    QTest.mouseClick(buttons[0], LEFT, pos=QPointF(buttons[0].rect().center()).toPoint())
    assert chosen == [action]
    verdict_list.set_verdicts([])
    assert not [each for each in verdict_list.findChildren(Button) if each.isVisible()]
