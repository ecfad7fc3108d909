"""*Use my VAE*: the rate of one image under a lane's encoder, dimension by dimension."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QSizePolicy, QWidget

from core.foundation.pixels import display
from core.probes.codes import LatentCodesLook
from gui.desk.desk import Desk
from gui.desk.lanes import lane_with_rate
from gui.desk.wording import keep_worded
from gui.drawing import numbers, theme
from gui.information.card import Figure, Legend, TitledCard, set_card_slot
from gui.information.image_choice import class_of, name_of, other_button, step_buttons
from gui.information.needs_vae import NoVae
from gui.information.posterior import Posterior, RateBar, encode_posterior
from gui.information.posterior_curves import PosteriorCurves
from gui.information.posterior_map import PosteriorMap
from gui.widgets import layouts
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.lane_mark import LaneMark
from gui.widgets.prose_formulas import explain

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

NARROW = 600


class VaeCard(TitledCard):
    """The posterior of the input card's image beside the prior. On the clock, as its lane trains."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("Use my VAE", "what the encoder pays to leave the prior", "use my vae")
        self._desk = desk
        self.run: Run | None = None
        self.hz = 4.0
        self.shown: Posterior | None = None
        self._mark, self._lane = LaneMark(), Label("", "caption", "text_2")
        self._back, self._on = step_buttons(desk)
        self._chrome = (self._mark, self._lane, self._back, self._on, other_button(desk))
        self.add_action(*self._chrome)
        self._empty = NoVae(desk)
        self.add = self._empty.add
        self._full = self._make_full()
        self.body.addWidget(self._empty, 1)
        self.body.addWidget(self._full, 1)
        row = self.add_foot()
        self.rate = Figure(
            "",
            r"$\rate{R} = \sum \tfrac12 (\mu^2 + \sigma^2 - 1 - \ln \sigma^2)$: what the code tells beyond the prior",
        )
        self.rate.setMinimumWidth(theme.px(140))
        keep_worded(desk, "Rate of this image", self.rate.set_caption)
        self.bar = RateBar()
        keep_worded(desk, RateBar.spoken, self.bar.setAccessibleName)
        keep_worded(desk, PosteriorCurves.tip, functools.partial(explain, self.curves))
        self.bar.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.bar.setFixedHeight(theme.px(44))
        row.addWidget(self.rate)
        row.addWidget(self.bar, 1)
        lanes = (desk.lane_selected, desk.lanes_changed, desk.names.changed)
        for signal in (*lanes, desk.chosen.changed, desk.point.plane_changed):
            signal.connect(self.look)
        self.look()

    def _make_full(self) -> QWidget:
        """Shown once a lane has a rate: both pictures, the map and the curves."""
        px = theme.px
        self._which = Label("", "caption", "text_2", elided=True)
        self._original, self._decoded = ImageView(112, "No image yet", border=True), ImageView(112, border=True)
        decoder = r"The decoder’s picture of the middle of $\lane{q(z \mid x)}$"
        keep_worded(self._desk, decoder, functools.partial(explain, self._decoded))
        decoded = Label("Decoded from μ", "caption", "text_2")
        images = layouts.column(self._original, px(8), decoded, self._decoded, layouts.STRETCH, spacing=px(4))
        self.map, self.curves, self._legend = PosteriorMap(), PosteriorCurves(), Legend()
        full = QWidget()
        grid = QGridLayout(full)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(px(12))
        grid.setVerticalSpacing(px(4))
        grid.addWidget(self._which, 0, 0)
        grid.addWidget(Label("Posterior on the latent map", "caption", "text_2", elided=True), 0, 1)
        grid.addWidget(self._legend, 0, 2)
        grid.addLayout(images, 1, 0)
        grid.addWidget(self.map, 1, 1)
        grid.addWidget(self._scrolled_curves(), 1, 2)
        grid.setRowStretch(1, 1)
        grid.setColumnStretch(1, 10)
        grid.setColumnStretch(2, 11)
        return full

    def _scrolled_curves(self) -> QScrollArea:
        scroll = layouts.scrolled(self.curves, "Rate of each dimension")
        scroll.viewport().setAutoFillBackground(False)
        self.curves.setAutoFillBackground(False)
        scroll.setMinimumHeight(theme.px(100))
        return scroll

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        small = self.width() < theme.px(NARROW)
        room = (self.height() - theme.px(160)) // 2
        zoom = 3 if small or room < 112 else 4
        for view in (self._original, self._decoded):
            view.set_size(28 * zoom)
        self._which.setMaximumWidth(28 * zoom)
        self._lane.setVisible(self.shown is not None and not small)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def lane(self) -> Run | None:
        """The selected lane if it has a rate, else the first that has; None without any."""
        return lane_with_rate(self._desk)

    def ask(self) -> None:
        """Request the codes of all test images."""
        run = self.lane()
        if run is not None:
            run.ask(LatentCodesLook())

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.snapshot, view.looks.of(LatentCodesLook)

    def refresh(self, view: View) -> None:
        """Show new weights or new codes."""
        self.look()

    def look(self) -> None:
        """Encode the chosen image, if the card is visible."""
        run, chosen = self.lane(), self._desk.chosen
        if run is not None and not self.isVisible():
            return
        snapshot = None if run is None else run.snapshot
        image = chosen.image
        self.shown = (
            None if run is None or snapshot is None or image is None else encode_posterior(run, snapshot, image)
        )
        has_lane = run is not None
        self._empty.setVisible(not has_lane)
        self._full.setVisible(has_lane)
        for part in (self.line, self.rate, self.bar):
            part.setVisible(has_lane)
        small = self.width() < theme.px(NARROW)
        for widget in self._chrome:
            widget.setVisible(has_lane and not (small and widget is self._lane))
        if run is None:
            self.rate.show_value("—")
            self.bar.show_posterior(None)
            return
        self._show_image()
        self._show_posterior(run)

    def _show_image(self) -> None:
        desk, chosen = self._desk, self._desk.chosen
        self._which.setText(name_of(desk))
        self._which.setToolTip(f"Test {desk.noun} {chosen.index:,}{class_of(desk)}" if chosen.is_of_test else "")
        self._original.set_image(None if chosen.image is None else display(chosen.image[None])[0])

    def _show_posterior(self, run: Run) -> None:
        shown = self.shown
        set_card_slot(self, run.slot)
        self.bar.show_posterior(shown)
        self.curves.show_posterior(shown)
        plane = self._desk.point.plane
        self.map.show_posterior(shown, plane.axes)
        self._decoded.set_image(None if shown is None else shown.decoded)
        since = "" if shown is None else shown.codes_since
        codes = f"all codes, {since}" if since else "all codes"
        self._legend.set_entries(
            [
                (theme.current().lanes[run.slot], r"$q(z \mid x)$"),
                ("info_p", "prior"),
                (
                    theme.mix(theme.current().text_3, theme.current().card, 0.42),
                    codes,
                ),
            ]
        )
        self._mark.set_slot(run.slot)
        if shown is None:
            self._lane.setText(self._desk.names.of(run).full)
            self.rate.show_value("—")
            return
        self._lane.setText(f"{self._desk.names.of(run).full}, step {shown.step:,}")
        bits = numbers.number(shown.rate / math.log(2.0), 1)
        self.rate.show_value(numbers.number(shown.rate, 2), f"nats = {bits} bits")
