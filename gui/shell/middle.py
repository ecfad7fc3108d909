"""The middle of the window: the pages, and the columns beside them as far as the width allows."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QWidget

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lane_panel import ROWS, LanePanel
from gui.drawing import theme
from gui.lessons.sheet import LessonSheet
from gui.lineup.lineup import three_lanes
from gui.shell.pages import Pages
from gui.side_panels.columns import LeftSide, Rail, RightSide, place
from gui.widgets import focus
from gui.widgets.focus_memory import FocusPlace

NARROW = 1200
"""Below this width the right panel folds to a rail, px."""
ROOMY = 1800
"""From this width on the lessons are beside the right panel; below they replace it, px."""
WITHOUT_RIGHT = ("compare", "information")
"""Tabs without the right panel: they use its width and nothing in it."""
WITHOUT_LEFT = ("information",)
"""Tabs without the left panel."""


class Middle(QHBoxLayout):
    """Left panel, pages, right panel and lessons. A panel that does not fit folds to a rail and opens over the pages.
    What these show stays clear of it: lanes scroll sideways.

    It is a layout, not a widget, because panels over the pages are placed in coordinates of the window.
    """

    changed = Signal()  # a column was shown or hidden: the window calls `fit`
    lessons_shown = Signal(bool)

    def __init__(self, desk: Desk, clock: Clock, pages: Pages, lessons: LessonSheet) -> None:
        super().__init__()
        self._desk, self._pages = desk, pages
        self.left, self.right, self.lessons = LeftSide(desk, clock), RightSide(desk, clock), lessons
        self.left_rail = Rail("Show or hide experiment, parameters and help", line_at_right=True)
        self.right_rail = Rail("Show or hide point, path, input and classes", line_at_right=False)
        self.left_rail.opener.setObjectName("left panel")
        self.right_rail.opener.setObjectName("right panel")
        self._panels_hidden = False
        self._focus_before: FocusPlace | None = None  # the lessons opened
        self._wide = 0
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(0)
        for widget in (self.left_rail, self.left, pages, self.right, self.right_rail, lessons):
            self.addWidget(widget, int(widget is pages))
        for rail in (self.left_rail, self.right_rail):
            rail.toggled.connect(self.changed)
        lessons.closed.connect(self.toggle_lessons)
        self.right.input.sheet_wanted.connect(self._open_sheet)
        self.right.input.sheet.displaced.connect(self._place_sheet)

    def fit(self, wide: int, top: int, height: int) -> None:
        """Set width and place of each column in a window ``wide`` px wide. ``top`` and ``height`` of the layout, px."""
        px = theme.px
        self._wide = wide
        self.left.setFixedWidth(px(240 if wide < 1250 else 248 if wide < 1400 else 264 if wide < 1900 else 280))
        self.right.setFixedWidth(px(248 if wide >= 1900 else 232))
        self.lessons.setFixedWidth(px(300 if wide < 1400 else 340))
        left = self._fit_left(top, height)
        right = self._fit_right(top, height)
        self._pages.keep_clear(left, right)

    def _fit_left(self, top: int, height: int) -> int:
        """Place the left panel. Returns how much of the pages it covers, px."""
        shown = not self._panels_hidden and self._pages.tab not in WITHOUT_LEFT
        room = self._wide - self.left.width() - self.lessons.width()
        tight = self._shows_lessons() and room < three_lanes()
        self.left_rail.setVisible(shown and tight)
        self.left.setVisible(shown and (not tight or self.left_rail.is_open()))
        place(self, self.left, self.left_rail, over=tight, beside=1)
        if tight:
            self.left.setGeometry(self.left_rail.width(), top, self.left.width(), height)
        return self.left.width() if tight and not self.left.isHidden() else 0

    def _fit_right(self, top: int, height: int) -> int:
        """Place the right panel. Returns how much of the pages it covers, px."""
        shown = not self._panels_hidden and self._pages.tab not in WITHOUT_RIGHT
        shown = shown and not self._lessons_replace_right()
        narrow = self._wide < NARROW
        self.right_rail.setVisible(shown and narrow)
        self.right.setVisible(shown and (not narrow or self.right_rail.is_open()))
        place(self, self.right, self.right_rail, over=narrow, beside=0)
        if narrow:
            left = self._wide - self.right_rail.width() - self.right.width()
            self.right.setGeometry(left, top, self.right.width(), height)
        return self.right.width() if narrow and not self.right.isHidden() else 0

    def _shows_lessons(self) -> bool:
        return not self.lessons.isHidden()

    def _lessons_replace_right(self) -> bool:
        return self._shows_lessons() and self._wide < ROOMY

    def toggle_panels(self) -> None:
        """Hide or show both side panels."""
        self._desk.make_way()
        self._panels_hidden = not self._panels_hidden
        self.changed.emit()

    def toggle_lessons(self) -> None:
        """Open or close the lessons; the experiment is not changed. Closed, they give the focus back."""
        self._desk.make_way()
        opened, now = self.lessons.isHidden(), focus.focused_now()
        if opened:
            self._focus_before = now
        self.lessons.setVisible(opened)
        self.lessons_shown.emit(opened)
        self.changed.emit()
        moved_away = now is not None and now.is_chosen() and not self.lessons.isAncestorOf(now.widget)
        before = self._focus_before
        if not opened and not moved_away and before is not None and before.is_usable():
            before.restore()

    def toggle_lessons_by_key(self) -> None:
        """Open or close the lessons; if they open, they get the keyboard focus."""
        self.toggle_lessons()
        if self.lessons.isVisible():
            self.lessons.tabs.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def start_lessons(self) -> None:
        """Open the first lesson."""
        self.show_lessons()
        self.lessons.start(1)

    def show_lessons(self) -> None:
        """Show the sheet of lessons."""
        if self.lessons.isHidden():
            self.toggle_lessons()

    def toggle_help(self) -> None:
        """Hide or show the help box."""
        box = self.left.help
        box.setVisible(box.isHidden())
        if not self.left.isVisible():
            words = "is shown in the left panel of the other tabs" if not box.isHidden() else "is hidden"
            self._desk.told.emit(f"The help box {words}.", "note")

    def encode(self) -> None:
        """Move the point to the code of the input image."""
        if self._desk.is_open:
            self.right.input.encode()

    def draw(self) -> None:
        """Open the sheet for drawing an input image, and the right panel that holds it."""
        if self._desk.is_open:
            self._open_right()
            self.right.input.draw()

    def show_picture(self, picture: str | QImage) -> None:
        """Make a picture of the user's own the input, and open the right panel that shows it."""
        if self._desk.is_open:
            self._open_right()
            self.right.show_input()
            self.right.input.take_picture(picture)

    def paste(self) -> None:
        """Make the picture in the clipboard the input; a folder or file copied there is none."""
        if self._desk.is_open:
            self._open_right()
            self.right.show_input()
            self.right.input.paste()

    def _open_right(self) -> None:
        """Make room for the right panel, where the lessons or a narrow window have taken it."""
        if self._lessons_replace_right():
            self.toggle_lessons()
        if self._wide < NARROW:
            self.right_rail.opener.setChecked(True)

    def _open_sheet(self, beside: QWidget) -> None:
        """Open the drawing sheet over the pages; beside them where its anchor is in a panel that the tab hides."""
        self.right.show_input()
        self._place_sheet(beside if beside.isVisible() else self._pages)

    def _place_sheet(self, anchor: QWidget) -> None:
        self.right.input.sheet.open_beside(anchor, self._pages, [anchor, *self._drawing_feeds()])

    def _drawing_feeds(self) -> list[QWidget]:
        """What shows the drawing and its codes: the input card in the right panel, and the pictures at the point."""
        pictures = [each for each in self._pages.findChildren(LanePanel) if isinstance(each, ROWS.get("image"))]
        return [self.right, *pictures]

    def is_drawing(self) -> bool:
        """Whether the drawing sheet is open."""
        return self.right.input.sheet.isVisible()

    def stop_drawing(self) -> None:
        """Close the drawing sheet; the drawing stays."""
        self.right.input.sheet.close_card()
