"""Layout: nothing is cut at any size and text size, rows are aligned, panels and rows fold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QScrollArea, QSizePolicy, QWidget

from gui.desk.lane_panel import ROWS, LanePanel
from gui.desk.settings import Settings
from gui.drawing import theme
from gui.lineup.lane_header import LaneHeader
from gui.plots.legend import NAME_GAP_PX, SWATCH_PX, Entry
from gui.shell.app import make_window
from gui.shell.events_dialog import EventsDialog
from gui.shell.screen import fitted
from gui.widgets.buttons import IconButton
from gui.widgets.label import Label
from gui.widgets.sections import Strip

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
SIZES = [(1100, 700), (1440, 900), (1920, 1080), (2560, 1440)]


def described(widget: QWidget) -> str:
    words = widget.text() if isinstance(widget, QAbstractButton | Label) else widget.accessibleName()
    return f"{type(widget).__name__} {widget.objectName()!r} {words!r} {widget.geometry().getRect()}"


def visible_widgets(root: QWidget) -> list[QWidget]:
    return [each for each in root.findChildren(QWidget) if each.isVisible() and not each.isWindow()]


def cut(root: QWidget) -> list[str]:
    """Descriptions of widgets that exceed their parent or are smaller than their minimum."""
    wrong = []
    for each in visible_widgets(root):
        parent = each.parentWidget()
        if isinstance(parent.parentWidget(), QAbstractScrollArea) or isinstance(parent, QAbstractScrollArea):
            continue  # content of a scroll area may be larger than it
        if type(each).__name__ == "FocusRing":
            continue
        if not parent.rect().contains(each.geometry()):
            wrong.append(f"{described(each)} sticks out of {described(parent)}")
        if each.layout() is not None:
            continue  # if it is too small, its children are
        least, explicit, ignored = each.minimumSizeHint(), each.minimumSize(), QSizePolicy.Policy.Ignored
        wide = explicit.width() or (0 if each.sizePolicy().horizontalPolicy() == ignored else least.width())
        tall = explicit.height() or (0 if each.sizePolicy().verticalPolicy() == ignored else least.height())
        if each.width() < min(wide, each.maximumWidth()) or each.height() < min(tall, each.maximumHeight()):
            wrong.append(f"{described(each)} needs {wide} × {tall}")
    return wrong


def overlaps(root: QWidget) -> list[str]:
    """Descriptions of controls of one parent that overlap."""
    wrong = []
    kinds = (QAbstractButton, Label, LanePanel, LaneHeader, Strip)
    shown = [each for each in visible_widgets(root) if isinstance(each, kinds)]
    for i, one in enumerate(shown):
        for other in shown[i + 1 :]:
            if one.parentWidget() is other.parentWidget() and one.geometry().intersects(other.geometry()):
                wrong.append(f"{described(one)} lies on {described(other)}")
    return wrong


def settle() -> None:
    """Process events a few times: one layout can invalidate another."""
    for _ in range(5):
        QApplication.processEvents()


def assert_nothing_is_cut(stage: Stage, where: object = "") -> None:  # noqa: F821
    """Wait until no widget is cut and none overlap: the words of a chip may change meanwhile."""
    try:
        stage.until(lambda: not cut(stage.window) and not overlaps(stage.window))
    except AssertionError:
        assert (cut(stage.window), overlaps(stage.window)) == ([], []), where
        raise


def place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def assert_aligned(stage: Stage) -> None:  # noqa: F821
    """Every row has one y and one height over all lanes, every lane one x and one width over all rows."""
    window, runs = stage.window, stage.desk.runs
    columns: dict[object, set[tuple[int, int]]] = {run: set() for run in runs}
    for name in ROWS.names():
        cells = [window.lineup.panel(name, run) for run in runs]
        if not cells[0].isVisible():
            continue
        places = [place(cell, window) for cell in cells]
        assert len({(each.y(), each.height()) for each in places}) == 1, name
        for run, each in zip(runs, places, strict=True):
            columns[run].add((each.x(), each.width()))
    for head in window.lineup.findChildren(LaneHeader):
        where = place(head, window)
        columns[head._run].add((where.x(), where.width()))
        assert where.height() >= theme.px(52)
    for seen in columns.values():
        assert len(seen) == 1
    widths = [next(iter(seen))[1] for seen in columns.values()]
    assert max(widths) - min(widths) <= 1


@pytest.mark.parametrize("scale", [1.0, 1.3])
def test_nothing_is_cut(desk_window: Open, scale: float) -> None:
    stage = desk_window(size=SIZES[0], scale=scale)
    stage.desk.experiment.step(3)
    stage.until(stage.stepped(3))
    for size in SIZES:
        stage.window.resize(*size)
        for page in (1, 2, 3, 4):
            stage.key(f"Ctrl+{page}")
            settle()
            assert (stage.window.width(), stage.window.height()) == size
            assert_nothing_is_cut(stage, f"page {page} at {size}")
        stage.key("Ctrl+1")
        settle()
        assert_aligned(stage)


@pytest.mark.parametrize(("size", "scale"), [((1440, 900), 1.0), ((2560, 1440), 1.3), ((1100, 700), 1.0)])
def test_five_lanes_fit_or_scroll(desk_window: Open, size: tuple[int, int], scale: float) -> None:
    stage = desk_window(("ae", "vae", "gan", "denoising_ae", "wgan_gp"), size=size, scale=scale)
    stage.window.lineup.show_row("film", True)
    settle()
    assert_nothing_is_cut(stage)
    assert_aligned(stage)


def test_nothing_is_cut_in_the_smallest_window(desk_window: Open) -> None:
    stage = desk_window(size=(1000, 640))
    settle()
    assert_nothing_is_cut(stage)
    assert_aligned(stage)


def test_nothing_is_cut_while_training(desk_window: Open) -> None:
    stage = desk_window(size=(1100, 700))
    bar = stage.find(QAbstractButton, "train")
    widths = {bar.width()}
    stage.key("Space")
    stage.until(stage.stepped(3))
    stage.until(lambda: bar.text() == "Pause")
    stage.until(lambda: stage.window.status._text.text() == "Training. Space pauses.")
    assert_nothing_is_cut(stage)
    widths.add(bar.width())
    stage.window.set_theme("light")
    settle()
    assert_nothing_is_cut(stage)
    widths.add(bar.width())
    assert len(widths) == 1  # neighbours do not move
    stage.key("Space")
    stage.until(lambda: stage.window.status._text.text() == "Paused. Space resumes.")


@pytest.mark.parametrize("scale", [1.0, 1.15])
def test_the_legend_of_the_loss_shows_every_digit(desk_window: Open, scale: float) -> None:
    stage = desk_window(size=(1100, 700), scale=scale)
    assert_every_digit_is_shown(stage)
    stage.window.resize(1440, 900)
    settle()
    assert_every_digit_is_shown(stage)


def assert_every_digit_is_shown(stage: Stage) -> None:  # noqa: F821
    for model, words in (
        ("vae", (("−ELBO", "147.5"), ("distortion", "143.8"), ("rate", "12.4"))),
        ("gan", (("D", "1.37"), ("G", "0.71"), ("balance 2 ln 2", "1.386"))),
    ):
        panel = stage.panel("loss", model)
        panel.plot.set_legend([Entry("line", "#ffffff", *pair) for pair in words], panel._short_names())
        layout = panel.plot.legend.layout(panel.width())
        for (name, value), (x, line) in zip(words, layout.places, strict=True):
            end = x + SWATCH_PX
            for role, text in (("caption", layout.short.get(name, name)), ("caption_strong", value)):
                end += QFontMetricsF(theme.font(role)).horizontalAdvance(text) + NAME_GAP_PX
            assert end - NAME_GAP_PX <= panel.width(), (model, name, end, panel.width())
            assert line < layout.lines <= 2


def test_broken_lanes_are_not_cut(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae", "sparse_ae", "denoising_ae", "vae"), size=(1440, 900))
    for run in stage.desk.runs:
        stage.desk.set_knob(run, "lr", 1e9)
    stage.key("Space")
    stage.until(stage.all_are("failed"))
    heads = stage.window.lineup.findChildren(LaneHeader)
    stage.until(lambda: all(head._restart.isVisible() for head in heads))
    for head in heads:
        assert cut(head) == []
        assert overlaps(head) == []


def test_the_theme_changes_live(desk_window: Open) -> None:
    stage = desk_window()
    stage.desk.experiment.step(3)
    stage.until(stage.stepped(3))
    dark = stage.window.grab().toImage()
    stage.window.set_theme("light")
    light = stage.window.grab().toImage()
    for image, colors in ((dark, theme.DARK), (light, theme.LIGHT)):
        assert image.pixelColor(5, 100).name().upper() == colors.panel
        shades = [image.pixelColor(x, y).lightness() for x in range(0, 1440, 9) for y in range(0, 900, 9)]
        bright = sum(shade > 128 for shade in shades) / len(shades)
        assert bright < 0.15 if colors is theme.DARK else bright > 0.85
    settle()
    assert_nothing_is_cut(stage)
    stage.window.set_theme("dark")
    assert stage.window.grab().toImage().pixelColor(5, 100) == dark.pixelColor(5, 100)


def test_the_text_size_changes_live(desk_window: Open) -> None:
    stage = desk_window()
    for scale in theme.TEXT_SCALES:
        stage.window.set_text_scale(scale)
        settle()
        assert theme.text_scale() == scale
        assert_aligned(stage)
        stage.window.grab()


def test_resizing_keeps_rows_aligned(desk_window: Open) -> None:
    stage = desk_window()
    for size in ((1100, 700), (2200, 1300), (1190, 770), (1440, 900)):
        stage.window.resize(*size)
        settle()
        assert_aligned(stage)
        assert_nothing_is_cut(stage, size)
        assert stage.window.right.isVisible() is (size[0] >= 1200)
        assert stage.window.lineup.compare.is_open() is (size[1] >= 780)


def test_rows_are_shown_and_folded(desk_window: Open) -> None:
    stage = desk_window()
    for name in ROWS.names():
        toggle = stage.find(IconButton, f"row toggle {name}")
        cell = stage.window.lineup.panel(name, stage.run("vae"))
        shown = cell.isVisible()
        QTest.mouseClick(toggle, Qt.MouseButton.LeftButton)
        settle()
        assert cell.isVisible() is not shown, name
        assert_aligned(stage)
        QTest.mouseClick(toggle, Qt.MouseButton.LeftButton)
        settle()
        assert cell.isVisible() is shown, name
    strip = stage.find(Strip, "strip loss")
    tall = stage.panel("map", "vae").height()
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 8))
    settle()
    assert not stage.panel("loss", "vae").isVisible()
    assert strip.isVisible()
    assert stage.panel("map", "vae").height() > tall


def test_the_rows_fill_the_height(desk_window: Open) -> None:
    stage = desk_window(size=(1440, 900))
    QApplication.processEvents()
    page = stage.window.lineup._scroll
    assert page.verticalScrollBar().maximum() == 0
    last = place(stage.panel("samples", "vae"), stage.window.lineup)
    gap = stage.window.lineup.compare.y() - last.bottom()
    assert 0 <= gap < 24


def test_a_side_panel_shows_a_bar_only_where_there_is_something_to_scroll(desk_window: Open) -> None:
    """And nothing in it or beside it moves when the bar comes or goes. A disabled bar shows no handle."""
    stage = desk_window(size=(1440, 700))
    right, pages = stage.window.right, stage.window.pages
    bar = right._scroll.verticalScrollBar()
    widths = {each: each.width() for each in (right, right.path, pages)}
    for is_open in (False, True, False):
        for section in (right.point, right.input):
            section.set_open(is_open)
        stage.until(lambda is_open=is_open: (bar.maximum() > 0) == bar.isEnabled() == is_open)
        assert {each: each.width() for each in widths} == widths
    stage.window.resize(1440, 1400)
    parameters = stage.window.left.parameters.findChild(QScrollArea).verticalScrollBar()
    stage.until(lambda: parameters.maximum() == 0 and not parameters.isEnabled())
    stage.window.resize(1440, 700)
    stage.until(lambda: parameters.maximum() > 0 and parameters.isEnabled())


def test_keys_fold_panels(desk_window: Open) -> None:
    stage = desk_window()
    window = stage.window
    for keys, seen in (
        ("Ctrl+\\", lambda: window.left.isVisible() and window.right.isVisible()),
        ("F1", window.help.isVisible),
        ("Ctrl+J", window.lineup.compare.is_open),
    ):
        assert seen(), keys
        stage.key(keys)
        settle()
        assert not seen(), keys
        assert_aligned(stage)
        stage.key(keys)
        settle()
        assert seen(), keys


def test_the_status_line_opens_the_list_of_events(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.desk.told.emit("something happened", "warn")
    stage.button(f"Show all {len(stage.window.status.events)} events").click()
    dialog = stage.window.findChild(EventsDialog)
    stage.until(dialog.isVisible)
    dialog.close()


class ShownWindows(QObject):
    """Collects every window that is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(described(watched))
        return False


def test_no_widget_is_shown_as_a_window_of_its_own(desk_window: Open, qapp: QApplication) -> None:
    listener = ShownWindows()
    qapp.installEventFilter(listener)
    try:
        stage = desk_window(("ae", "denoising_ae"), latent=4)
        main = listener.seen.pop(0)
        assert main.startswith("MainWindow")
        stage.desk.add_lane("vae")
        stage.desk.set_setup("latent", 2)
        stage.desk.set_setup("latent", 6)
        for keys in ("1", "2", "3", "Ctrl+2", "Ctrl+3", "Ctrl+1", "Space", "Ctrl+W"):
            stage.key(keys)
            QApplication.processEvents()
        stage.desk.set_knob(stage.desk.runs[0], "hidden", "32")
        stage.until(stage.stepped(3))
    finally:
        qapp.removeEventFilter(listener)
    assert listener.seen == []


@pytest.mark.parametrize(
    ("place", "room", "expected"),
    [
        ((100, 50, 400, 300), (0, 0, 1000, 800), (100, 50, 400, 300)),
        ((0, 0, 1440, 900), (0, 30, 1280, 690), (0, 30, 1280, 690)),
        ((5000, 3000, 400, 300), (0, 0, 1000, 800), (600, 500, 400, 300)),
        ((-900, -40, 400, 300), (-800, 0, 800, 600), (-800, 0, 400, 300)),  # a screen at the left
    ],
)
def test_a_rectangle_is_moved_and_shrunk_into_the_screen(
    place: tuple[int, ...], room: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert fitted(QRect(*place), QRect(*room)).getRect() == expected


def test_the_first_window_and_one_of_a_screen_that_is_gone_fit_the_screen(bare_window: Open, tmp_path: Path) -> None:
    stage = bare_window(size=(900, 700))
    settings = Settings(tmp_path / "other.ini")
    screen = stage.window.screen().availableGeometry()
    assert screen.width() < 1440
    first = make_window(settings)
    assert screen.contains(first.geometry())
    first.setGeometry(5000, 3000, 1440, 900)
    first.remember()
    again = make_window(settings)
    assert screen.contains(again.geometry())
    for window in (first, again):
        window.close()
        window.deleteLater()


@pytest.mark.parametrize("side", ["right", "left"])
def test_no_lane_is_hidden_by_a_panel_that_opens_over_the_pages(desk_window: Open, side: str) -> None:
    """Every lane can be scrolled to where the panel is not, with the controls of the rows in sight."""
    stage = desk_window(("ae", "vae", "gan"), size=(1100, 700))
    window, lineup = stage.window, stage.window.lineup
    if side == "left":  # it has no room beside the lessons
        stage.key("F3")
    panel, rail = getattr(window, side), getattr(window, f"{side}_rail")
    for tab in ("lineup", "latent"):
        window.show_tab(tab)
        QTest.mouseClick(rail.opener, Qt.MouseButton.LeftButton)
        QApplication.processEvents()
        assert panel.isVisible()
        covered = QRect(panel.mapTo(window, QPoint(0, 0)), panel.size())
        for cell in window.pages.currentWidget().findChildren(LanePanel):
            if tab == "lineup":
                stage.desk.select(cell.lane)
                QApplication.processEvents()
            assert not cell.isVisible() or not covered.intersects(QRect(cell.mapTo(window, QPoint(0, 0)), cell.size()))
        strips = [row.strip for row in lineup._rows.values() if row.strip.isVisible()] if tab == "lineup" else []
        for widget in (each for strip in strips for each in strip.findChildren(QWidget) if each.isVisible()):
            assert not covered.intersects(QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())), widget
        QTest.mouseClick(rail.opener, Qt.MouseButton.LeftButton)
        QApplication.processEvents()
        assert panel.isHidden()
        assert lineup.contentsRect() == lineup.rect()
