"""The latent point: a slider per dimension over the histogram of its codes; zero, random and walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.engine.freshness import present
from core.foundation.arrays import Doubles, Floats
from core.probes.codes import SILENT_NATS, LatentCodes, LatentCodesLook
from core.text import addresses
from gui.desk.desk import Desk
from gui.desk.freshness import origin_if_old
from gui.desk.lanes import lane_with_encoder
from gui.drawing import theme
from gui.widgets import layouts
from gui.widgets.buttons import Button, LinkButton
from gui.widgets.histogram_slider import HistogramSlider
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.naming import named
from gui.widgets.sections import Section
from gui.widgets.spin_field import SpinField

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.probes.look import Answer

BINS = 56
"""Bins of a histogram, over -4 to 4."""
UNSORTED_DIMS = 6
"""With more dimensions than this, sliders are sorted by rate, largest first."""
FEW_DIMS = 4
"""Number of sliders shown of more dimensions than `UNSORTED_DIMS`, until all are asked for."""
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def by_rate(rates: Floats | Doubles) -> list[int]:
    """Dimensions of these rates (D,), nats, largest first. Silent ones keep their order: theirs means nothing."""
    order: list[int] = np.argsort(-np.where(rates < SILENT_NATS, 0.0, rates), kind="stable").tolist()
    return order


class _Dimension(QWidget):
    """One coordinate: name, rate, value, slider."""

    def __init__(self, desk: Desk, index: int) -> None:
        super().__init__()
        self.index = index
        self._name = Label(f"z{str(index + 1).translate(SUBSCRIPTS)}", "title", "text")
        self._rate = Label("", "caption", "text_3")
        self._value = SpinField(float, -4.0, 4.0, decimals=2, step=0.05)
        named(self._value, f"z{index + 1} value", f"z{index + 1}")
        self._value.setFixedWidth(theme.px(64))
        self._value.edited.connect(lambda value: desk.point.set_coordinate(index, value))
        self.slider = HistogramSlider()
        self.slider.setObjectName(f"z{index + 1}")
        self.slider.setAccessibleName(f"z{index + 1}")
        self.slider.moved.connect(lambda value: desk.point.set_coordinate(index, value))
        head = QHBoxLayout()
        head.setSpacing(theme.px(8))
        head.addWidget(self._name)
        head.addWidget(self._rate)
        head.addStretch(1)
        head.addWidget(self._value)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 4)
        inside.setSpacing(0)
        inside.addLayout(head)
        inside.addWidget(self.slider)

    def set_value(self, value: float) -> None:
        """Show a value of the coordinate."""
        self.slider.set_value(value)
        self._value.set_value(value)

    def set_codes(self, codes: np.ndarray, slot: int, rate: float | None) -> None:
        """Show the histogram of codes (N,), and the rate of the dimension in nats."""
        self.slider.set_slot(slot)
        self.slider.set_bins(np.histogram(codes, BINS, (-4, 4))[0])
        silent = rate is not None and rate < SILENT_NATS
        self.slider.set_silent(silent)
        self._rate.setText("" if rate is None else "silent" if silent else f"{rate:.2f} nats")

    def clear_codes(self) -> None:
        """Show no codes: there are none of the present weights yet."""
        self.slider.set_bins(())
        self.slider.set_silent(False)
        self._rate.setText("")


class PointPanel(Section):
    """A slider per dimension. Histograms are of the selected lane, else of the first that has an encoder."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("Latent point", "point")
        set_place(self, addresses.of_part("Latent point"))
        self._desk = desk
        self.run: Run | None = None
        self.hz = 1.0
        self._dimensions: list[_Dimension] = []
        self._shown: Answer[LatentCodes] | None = None  # the codes of the histograms
        self._shown_dims = -1
        self._holder = QWidget()
        self._holder.setObjectName("point list")
        self._list = QVBoxLayout(self._holder)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self.body.addWidget(self._holder)
        self.all_dims = named(LinkButton(""), "all dimensions")
        self.all_dims.setCheckable(True)
        self.all_dims.toggled.connect(self._show_few)
        self.all_dims.hide()  # until there are many
        self.body.addWidget(self.all_dims)
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.px(3))
        for text, icon, act, tip in (
            ("Zero", "zero", desk.point.zero, "To the middle of the prior  (0)"),
            ("Random", "shuffle", desk.point.randomise, "To a draw of the prior  (N)"),
            ("Walk", "walk", desk.point.toggle_walk, "Drift through the space  (W)"),
        ):
            button = Button(text, icon)
            button.setObjectName(text.lower())
            button.setToolTip(tip)
            button.clicked.connect(act)
            buttons.addWidget(button, 1)
            if text == "Walk":
                button.setCheckable(True)
                desk.point.animated.connect(lambda _, walk=button: walk.setChecked(desk.point.walking))
        self.body.addLayout(buttons)
        desk.point.shown.connect(self._follow)
        desk.setup_changed.connect(self._fill)
        desk.lane_selected.connect(self._show_histograms)

    def _fill(self) -> None:
        dims = self._desk.experiment.setup.latent
        if dims == len(self._dimensions):
            return
        for dimension in self._dimensions:
            dimension.hide()
            dimension.deleteLater()
        self._dimensions = [_Dimension(self._desk, i) for i in range(dims)]
        for dimension in self._dimensions:
            self._list.addWidget(dimension)
        self.all_dims.setChecked(False)
        self._show_few()
        self._follow()
        self._show_histograms()

    def _show_few(self) -> None:
        """Show the first sliders of many dimensions, or all of them. The column scrolls, not a list within it."""
        dims, shows_all = len(self._dimensions), self.all_dims.isChecked()
        many = dims > UNSORTED_DIMS
        for place, dimension in enumerate(self._sorted()):
            dimension.setVisible(not many or shows_all or place < FEW_DIMS)
        self.all_dims.setVisible(many)
        self.all_dims.setText(f"Show only {FEW_DIMS}" if shows_all else f"Show all {dims} dimensions")

    def _follow(self) -> None:
        for dimension, value in zip(self._dimensions, self._desk.point.z, strict=False):
            dimension.set_value(float(value))

    def ask(self) -> None:
        """Codes of the lane whose histograms are shown."""
        run = lane_with_encoder(self._desk)
        if run is not None:
            run.ask(LatentCodesLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.looks.of(LatentCodesLook), view.status

    def refresh(self, view: View) -> None:
        """Show the histograms of the new codes."""
        self._show_histograms()

    def _show_histograms(self) -> None:
        run = lane_with_encoder(self._desk)
        answer = run.view.looks.of(LatentCodesLook) if run is not None else None
        latent_codes = None if answer is None else answer.value
        since = "" if run is None else origin_if_old(present(run.view), answer)
        self.header.set_note(*self._source(run, since))
        if answer is self._shown and len(self._dimensions) == self._shown_dims:
            return
        self._shown, self._shown_dims = answer, len(self._dimensions)
        if run is None or latent_codes is None or latent_codes.codes.shape[1] != len(self._dimensions):
            for dimension in self._dimensions:
                dimension.clear_codes()
            return
        rates = latent_codes.rate_per_dimension
        for i, dimension in enumerate(self._dimensions):
            dimension.set_codes(latent_codes.codes[:, i], run.slot, None if rates is None else float(rates[i]))
        if len(self._dimensions) > UNSORTED_DIMS and rates is not None:
            order = by_rate(rates)
            if [each.index for each in self._sorted()] != order:
                for place, index in enumerate(order):
                    self._list.insertWidget(place, self._dimensions[index])
                self._show_few()

    def _source(self, run: Run | None, since: str) -> list[str]:
        """Whose codes the histograms show, and of which step where they are old; longest wording first."""
        if run is None:
            return ["no encoder"]
        name = self._desk.names.of(run)
        if not since:
            return [f"{name.full} codes", f"{name.brief} codes", name.brief]
        return [f"{name.full} codes, {since}", f"{name.brief} codes, {since}", f"{name.brief}, {since}", since]

    def _sorted(self) -> list[_Dimension]:
        return [widget for widget in layouts.widgets(self._holder, self._list) if isinstance(widget, _Dimension)]
