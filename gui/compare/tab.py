"""The Compare tab: samples, reconstructions and interpolations of all lanes, over the table of measures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMenu, QScrollArea, QWidget

from core.engine import measure_table
from core.evaluation.samplers import sampler
from core.probes.samples import SamplesLook
from core.text import addresses
from gui.compare.columns import Columns, columns
from gui.compare.measure_card import MeasureCard
from gui.compare.measure_table import MeasureTable
from gui.compare.rate_distortion import RateDistortion
from gui.compare.reconstructions import BlockTitle, Interpolation, PictureCell, Reconstructions, height_for
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.export import export_picture
from gui.desk.lane_panel import ROWS, LanePanel, discard
from gui.desk.wording import keep_worded
from gui.drawing import lane_shapes, numbers, paint, theme
from gui.drawing.painting import painting
from gui.lineup.lane_widths import GAP, PADDING
from gui.lineup.sampler_chooser import SamplerChooser, sampling_note, shown_sampler
from gui.lineup.verdict_chip import LaneVerdicts
from gui.widgets import layouts
from gui.widgets.buttons import Button, IconButton
from gui.widgets.key_hints import Hint
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.menus import below, popup
from gui.widgets.naming import named
from gui.widgets.segmented import Segmented
from gui.widgets.window_ground import Page

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

# heights and widths, px at text size 1
HEAD_PX = 30
TITLE_PX = 24
PLANE_PX = 280
"""Height of the rate-distortion plane where it is below the table."""
POINTS_PX = 180
"""Height of a block of 2-D data."""
SAMPLES_PX = 94
TALL_SAMPLES_PX = 124
"""Height of the samples where the tab is at least `TALL_PX` high."""
TALL_PX = 760
CAPTION_PX = 32
"""Height of the line above an exported picture."""
NOTE_PX = 48
"""Smallest height of a block whose title is beside it."""
WORDED_PX = 300
"""Width from which on a head spells out a verdict that is no warning; below it shows the icon only."""


class Heads(QWidget):
    """Heads of the lanes: shape, name, step, sampler and verdicts. A click selects the lane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._columns: Columns = columns(800, 1, theme.px)
        self._chips: list[LaneVerdicts] = []
        self.run: Run | None = None
        self.hz = 2.0
        self.setObjectName("compare heads")
        for signal in (desk.lane_selected, desk.sampler_changed, desk.names.changed):
            signal.connect(self.update)

    def set_columns(self, spans: Columns) -> None:
        """Set the columns of the lanes."""
        self._columns = spans
        self._place_chips()

    def set_chips(self, chips: list[LaneVerdicts]) -> None:
        """Set the verdict chip of each lane, children of this widget."""
        self._chips = chips
        for chip in chips:
            chip.reshaped.connect(self._place_chips)
            chip.show()
        self._place_chips()

    def _place_chips(self) -> None:
        px = theme.px
        for span, chip in zip(self._columns.lanes, self._chips, strict=False):
            chip.set_worded(span.width >= px(WORDED_PX))
            wide = chip.width_within(span.width // 2)
            chip.setGeometry(span.end - px(5) - wide, px(6), wide, px(20))
        self.update()

    def ask(self) -> None:
        """Needs no looks."""

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.status, view.looks.of(SamplesLook)

    def refresh(self, view: View) -> None:
        """Repaint the steps and the samplers."""
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, px = theme.current(), theme.px
        with painting(self) as painter:
            painter.fillRect(self.rect(), QColor(colors.window))
            names = [self._desk.names.of(run) for run in self._desk.runs]
            for i, (span, run, name) in enumerate(zip(self._columns.lanes, self._desk.runs, names, strict=False)):
                area = QRect(span.x, 0, span.width, self.height())
                ink, chosen = colors.lanes[run.slot], run is self._desk.selected
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                fill, edge = (colors.tint(run.slot), ink) if chosen else (colors.card, colors.line)
                paint.box(painter, area, px(4), fill, edge)
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
                painter.fillRect(QRect(area.x() + 2, 0, area.width() - 4, 2), QColor(ink))
                lane_shapes.paint(painter, run.slot, area.x() + px(16), area.center().y() + 1.5, px(10), ink)
                words = area.adjusted(px(28), 1, -px(10), 0)
                if i < len(self._chips) and self._chips[i].width():
                    words.setRight(self._chips[i].x() - px(8))
                shown = paint.fitting((name.full, name.brief), "title", words.width())
                paint.text(painter, words, shown, "title", colors.text)
                words.setLeft(words.left() + math.ceil(paint.wide(shown, "title")) + px(8))
                status = run.view.status
                step = f"step {status.step:,}"
                timed = f"{step} · {numbers.clock(status.seconds)}"
                drawn = f"z: {sampler(shown_sampler(run, run.view) or run.sampler_in_force(self._desk.sampler)).title}"
                room = words.width() - paint.wide(drawn, "caption") - px(8)
                if paint.wide(step, "caption") <= room:  # the sampler goes before the clock
                    paint.text(painter, words, drawn, "caption", colors.text_3, paint.RIGHT)
                else:
                    room = words.width()
                paint.text(painter, words, paint.fitting((timed, step), "caption", room), "caption", colors.text_2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for span, run in zip(self._columns.lanes, self._desk.runs, strict=False):
            if span.x <= event.position().x() < span.end:
                self._desk.select(run)


class _Block:
    """One kind of picture with a cell per lane."""

    def __init__(self, title: BlockTitle, panel: type[LanePanel]) -> None:
        self.title, self.panel = title, panel
        self.cells: list[LanePanel] = []


class CompareTab(Page):
    """Toolbar and heads stay; blocks, plane and table scroll below them. `gui.compare.columns` has the geometry."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Compare"))
        self._desk, self._clock = desk, clock
        self._cells: list[QWidget] = []
        self._blocks: list[_Block] = []
        self._columns: Columns = columns(800, 1, theme.px)
        self.page = Page()
        self.page.setObjectName("compare page")
        self.table, self.plane = MeasureTable(desk), RateDistortion(desk)
        self.table.setParent(self.page)
        self.plane.setParent(self.page)
        self._scroll = _frameless(self.page)
        self.card = MeasureCard(desk, self.table, self._scroll)
        self.heads = Heads(desk)
        self._head_clip = _frameless(self.heads)
        for set_policy in (self._head_clip.setHorizontalScrollBarPolicy, self._head_clip.setVerticalScrollBarPolicy):
            set_policy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._over_bar = QWidget()  # heads end where the page below them is cut, beside its scroll bar
        heads = layouts.row((self._head_clip, 1), self._over_bar, spacing=0)
        parts = (self._toolbar(), heads, (self._scroll, 1))
        layouts.column(*parts, spacing=4, margins=(0, 6, 0, 0), on=self)
        for panel in (self.heads, self.table, self.plane, self.card):
            clock.add(panel)
        self._scroll_x = self._scroll.horizontalScrollBar()
        self._connect()

    def _connect(self) -> None:
        desk = self._desk
        desk.opened.connect(self._open)
        desk.lanes_changed.connect(self._rebuild)
        changes = (desk.sampler_changed, desk.samples_shown, desk.pair_changed, desk.dataset_changed)
        for signal in (*changes, desk.point.pins_moved):
            signal.connect(self._update_notes)
        desk.dataset_changed.connect(self._arrange)
        desk.chart_changed.connect(lambda: self._over.set_value(desk.x_axis))
        self.table.rows_changed.connect(self._arrange)
        self.table.row_chosen.connect(self._reveal)
        self.table.state_changed.connect(self._state.setText)
        self._scroll_x.valueChanged.connect(self._slide)
        self._scroll_x.rangeChanged.connect(self._slide)
        self._head_clip.horizontalScrollBar().valueChanged.connect(self._scroll_x.setValue)
        theme.changes.changed.connect(self._arrange)

    # --- building ----------------------------------------------------------------------------------------------------

    def _toolbar(self) -> QWidget:
        bar, gap = QWidget(), theme.px(6)
        bar.setFixedHeight(theme.px(28))
        self._over = named(
            Segmented([("step", "Steps"), ("seconds", "Seconds")]), "compare over", "Charts over steps or seconds"
        )
        self._over.set_value(self._desk.x_axis)
        self._over.chosen.connect(lambda key: self._desk.set_chart(x_axis=key))
        self._state = named(Label("", "caption", "text_3", elided=True), "measuring")
        layouts.row(
            Label("z from", "caption", "text_3"),
            SamplerChooser(self._desk),
            gap,
            Label("over", "caption", "text_3"),
            self._over,
            gap,
            (self._state, 1),
            *self._make_buttons(),
            spacing=gap,
            margins=(PADDING, 0, PADDING, 0),
            on=bar,
        )
        self._bar = bar
        bar.setEnabled(False)
        return bar

    def _make_buttons(self) -> tuple[Button, Button, Button]:
        """At the right of the toolbar: measure, copy, export."""
        measure = named(
            Button("Measure all now"),
            "measure all",
            tip="Take every measure in full, on the present weights, while training goes on",
        )
        measure.clicked.connect(self.table.measure_all)
        self._copy = named(Button("Copy", "chevron-down"), "copy table", tip="The table as Markdown or CSV")
        self._copy.clicked.connect(self._copy_menu)
        export = named(
            Button("Export PNG", "camera"),
            "export compare",
            tip="The whole page as one picture, also what is scrolled away",
        )
        export.clicked.connect(self.export)
        return measure, self._copy, export

    def _open(self) -> None:
        self._bar.setEnabled(True)
        if self._blocks:
            return
        draw = IconButton("dice", "", 20)
        Hint(draw, "Draw new z for all lanes", "new_samples")
        draw.clicked.connect(self._desk.new_samples)
        pair = IconButton("dice", "", 20)
        keep_worded(self._desk, "Another two of the test images", pair.set_tip)
        pair.setObjectName("new pair")
        pair.clicked.connect(self._desk.next_pair)
        kinds: tuple[tuple[BlockTitle, type[LanePanel]], ...] = (
            (BlockTitle("Samples", draw), ROWS.get("samples")),
            (BlockTitle("Reconstructions"), Reconstructions),
            (BlockTitle("Interpolation", pair), Interpolation),
        )
        for title, panel in kinds:
            title.setParent(self.page)
            title.show()
            self._blocks.append(_Block(title, panel))

    def _rebuild(self) -> None:
        discard(self._clock, self._cells)
        for block in self._blocks:
            block.cells = []
            for run in self._desk.runs:
                cell = block.panel(self._desk, run)
                cell.setParent(self.page)
                cell.show()
                self._clock.add(cell)
                block.cells.append(cell)
                self._cells.append(cell)
        chips = [LaneVerdicts(self._desk, run, self.heads) for run in self._desk.runs]
        for chip in chips:
            self._clock.add(chip)
        self._cells.extend(chips)
        self.heads.set_chips(chips)
        self._update_notes()
        self._arrange()

    def _update_notes(self) -> None:
        if not self._blocks or not self._desk.runs or not self.isVisible():
            return
        experiment = self._desk.experiment
        samples, rebuilt, interpolation = (block.title for block in self._blocks)
        samples.set_note(sampling_note(self._desk))
        planar = experiment.dataset.planar
        rebuilt.set_note(
            "a line from each to where it comes back"
            if planar
            else experiment.dataset.worded("test images, and what comes back")
        )
        a, b = (experiment.reference.subsets.shown_name(index) for index in experiment.pair)
        what = experiment.dataset.noun
        note, way = f"test {what} {a} → {b}", "around the middle" if self._desk.point.arc else "straight"
        tip = f"Decoded on the way, {way}, from the code of a test {what} of {a} to the code of one of {b}."
        without = [run.model.short for run in self._desk.runs if not run.model.has_encoder]
        if without:
            note += f"; {', '.join(dict.fromkeys(without))}: pin A → B"
            tip += " A model without an encoder has no codes: its way goes from pin A to pin B."
        interpolation.set_note(note, tip)

    # --- laying out --------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._update_notes()  # a hidden tab keeps none up to date

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        room = self.width() - self._scroll.verticalScrollBar().sizeHint().width()
        spans = self._columns = columns(room, len(self._desk.runs), theme.px)
        head = theme.px(HEAD_PX)
        self._head_clip.setFixedHeight(head)
        self.heads.set_columns(spans)
        self.heads.resize(spans.width, head)
        top = 2
        for block in self._blocks:
            top = self._place_block(block, top, room)
        plane = theme.px(PLANE_PX)
        if spans.right is not None:
            self.plane.setGeometry(spans.right.x, 2, spans.right.width, max(top - GAP - 2, theme.px(120)))
        self.table.set_columns(spans, 0, room)
        self.table.setGeometry(0, top, spans.width, self.table.tall())
        top += self.table.height() + GAP
        if spans.right is None:
            self.plane.setGeometry(PADDING, top, min(spans.width, room) - 2 * PADDING, plane)
            top += plane + GAP
        self.page.resize(spans.width, top)
        self._slide()

    def _place_block(self, block: _Block, top: int, room: int) -> int:
        """Place title and cells; returns where the next block begins, px."""
        spans, height = self._columns, self._height_of(block)
        block.title.set_beside(spans.left is not None)
        if spans.left is not None:
            block.title.setGeometry(spans.left.x, top, spans.left.width, height)
        else:
            block.title.setGeometry(PADDING, top, room - 2 * PADDING, theme.px(TITLE_PX))
            top += theme.px(TITLE_PX)
        for cell, span in zip(block.cells, spans.lanes, strict=False):
            cell.setGeometry(span.x, top, span.width, height)
        return top + height + (GAP if spans.left is not None else 2)

    def _height_of(self, block: _Block) -> int:
        data = self._desk.experiment.dataset
        if data.planar:
            return theme.px(POINTS_PX)
        if issubclass(block.panel, PictureCell):
            least = theme.px(NOTE_PX) if self._columns.left is not None else 0
            return max(least, height_for(self._columns.lanes[0].width, block.panel.rows, data.picture_side))
        return theme.px(TALL_SAMPLES_PX if self.height() >= theme.px(TALL_PX) else SAMPLES_PX)

    def _slide(self) -> None:
        """Follow the lanes that scroll sideways: heads move with them, titles and curves stay."""
        x, wide = self._scroll_x.value(), self._scroll.viewport().width()
        self._over_bar.setFixedWidth(max(0, self.width() - wide))
        self._head_clip.horizontalScrollBar().setValue(x)
        self.table.set_columns(self._columns, x, min(wide, self._columns.width) or self._columns.width)
        if self._columns.left is None:
            for block in self._blocks:
                block.title.move(x + PADDING, block.title.y())
            self.plane.move(x + PADDING, self.plane.y())

    def _reveal(self, row: QRect) -> None:
        at = row.translated(self.table.pos())
        self._scroll.ensureVisible(self._scroll_x.value(), at.center().y(), 0, at.height())

    # --- copy, export ------------------------------------------------------------------------------------------------

    def _copy_menu(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("copy menu")
        menu.addAction("Copy as Markdown", self.copy_markdown)
        menu.addAction("Copy as CSV", self.copy_csv)
        popup(menu, below(self._copy))

    def copy_markdown(self) -> None:
        """Copy the table as Markdown."""
        QGuiApplication.clipboard().setText(measure_table.markdown(self.table.lanes()))
        self._desk.told.emit("The table is copied as Markdown.", "note")

    def copy_csv(self) -> None:
        """Copy the table as CSV."""
        QGuiApplication.clipboard().setText(measure_table.csv_text(self.table.lanes()))
        self._desk.told.emit("The table is copied as CSV.", "note")

    def picture(self) -> QImage:
        """Heads and the whole page, below a line with dataset, seed and sampler."""
        ratio, caption = self.devicePixelRatioF(), theme.px(CAPTION_PX)
        size = QSize(self._columns.width, caption + self.heads.height() + 4 + self.page.height())
        image = QImage(size * ratio, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(ratio)
        colors = theme.current()
        image.fill(QColor(colors.window))
        with painting(image) as painter:
            experiment = self._desk.experiment
            words = f"{experiment.dataset.title} · seed {experiment.setup.seed} · latent dims {experiment.setup.latent}"
            area = QRect(PADDING, 0, size.width() - 2 * PADDING, caption)
            paint.text(painter, area, words, "strong", colors.text)
            drawn = {sampler(name).title for run in experiment.runs if (name := shown_sampler(run, run.view))}
            words = f"samples: z from {', '.join(sorted(drawn))}" if drawn else ""
            paint.text(painter, area, words, "caption", colors.text_3, paint.RIGHT)
            painter.drawPixmap(0, caption, self.heads.grab(QRect(0, 0, size.width(), self.heads.height())))
            painter.drawPixmap(0, caption + self.heads.height() + 4, self.page.grab())
        return image

    def export(self) -> None:
        """Ask for a path, and write the picture there."""
        export_picture(self, self._desk, "latent-playground-compare.png", self.picture)


def _frameless(inside: QWidget) -> QScrollArea:
    """A frameless area in which a widget of fixed size scrolls both ways."""
    area = layouts.ScrollArea("Comparison")
    area.setWidget(inside)
    return area
