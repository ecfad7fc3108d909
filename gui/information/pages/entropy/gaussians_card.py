"""The card of two Gaussians: the plot, fields for their numbers, both directions of KL, and the fit."""

from __future__ import annotations

from typing import cast

from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from core.theory import intervals
from core.theory.gaussians import Direction
from gui.drawing import numbers, paint, theme
from gui.information.card import Figure, Legend, TitledCard
from gui.information.pages.entropy.gaussian_plot import GaussianPlot
from gui.information.pages.entropy.two_gaussians import LEAST, MOST, REACH, Curves, Mode, Name
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.segmented import Segmented
from gui.widgets.spin_field import SpinField

WIDE = 640
"""Width of the card from which fields and figures stand side by side, px at text size 1."""
FIGURE_PX = 146
"""Least width of a figure, for the line below it, px at text size 1."""
NOTES = {
    "compare": "drag circle or diamond",
    "fit": "drag q to a start, then fit it to both humps",
}

FORWARD = (
    r"$\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) = \ln \frac{\q{\sigma_q}}{\p{\sigma_p}}"
    r" + \frac{\p{\sigma_p^2} + (\p{\mu_p} - \q{\mu_q})^2}{2 \q{\sigma_q^2}} - \tfrac12$ (closed form)"
    "\n"
    r"Monte Carlo: mean of $\ln \p{p} - \ln \q{q}$ over 20,000 draws of $\p{p}$, ± half of its 95 % interval"
)
REVERSE = (
    r"$\kl{\mathrm{KL}}(\q{q} \parallel \p{p}) = \ln \frac{\p{\sigma_p}}{\q{\sigma_q}}"
    r" + \frac{\q{\sigma_q^2} + (\q{\mu_q} - \p{\mu_p})^2}{2 \p{\sigma_p^2}} - \tfrac12$ (closed form)"
    "\n"
    r"Monte Carlo: mean of $\ln \q{q} - \ln \p{p}$ over 20,000 draws of $\q{q}$, ± half of its 95 % interval"
)


def _estimate_words(mean: float, half: float) -> str:
    """An estimate and half of its interval, with as many decimals as there is room for below a figure."""
    forms = [f"Monte Carlo {numbers.number(mean, n)} ± {numbers.number(half, n)}" for n in (3, 2, 1, 0)]
    return paint.fitting(forms, "caption", theme.px(FIGURE_PX))


class _Fields(QWidget):
    """Swatch, and fields for μ and σ of one Gaussian."""

    def __init__(self, curves: Curves, name: Name) -> None:
        super().__init__()
        self._curves, self._name = curves, name
        swatch = Legend()
        swatch.set_entries([(f"info_{name}", f"{name}  μ")])
        self.mu = SpinField(float, -REACH["fit"], REACH["fit"], step=0.05)
        self.sigma = SpinField(float, LEAST, MOST, step=0.05)
        for field, what in ((self.mu, "mean"), (self.sigma, "spread")):
            field.setObjectName(f"{name} {what}")
            field.setAccessibleName(f"{what.capitalize()} of {name}")
            field.setFixedWidth(theme.px(64 if field is self.mu else 56))  # μ may have a minus
            field.edited.connect(self._put)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(4))
        row.addWidget(swatch)
        row.addWidget(self.mu)
        row.addWidget(Label("σ", "body", "text_2"))
        row.addWidget(self.sigma)

    def _put(self, _: float) -> None:
        self._curves.place(self._name, self.mu.value(), self.sigma.value())

    def follow(self) -> None:
        """Show the current state."""
        gaussian = self._curves.gaussian(self._name)
        self.mu.set_value(gaussian.mu)
        self.sigma.set_value(gaussian.sigma)


class GaussiansCard(TitledCard):
    """Two Gaussians to compare, or one to fit to a p with two humps."""

    def __init__(self, curves: Curves) -> None:
        super().__init__("Two Gaussians", NOTES["compare"], "two gaussians")
        self._curves = curves
        self._make_choices()
        self.plot = GaussianPlot(curves)
        self.body.addWidget(self.plot, 1)
        self.of_p, self.of_q = _Fields(curves, "p"), _Fields(curves, "q")
        self.go = named(
            Button("Fit q to p", "play"),
            "fit",
            tip="Gradient descent on μ and ln σ from where q is; drag q while it runs  (Enter in the plot)",
        )
        self.go.clicked.connect(lambda: curves.stop() if curves.running else curves.start())
        self.steps = Label("", "caption", "text_3", elided=True)
        self.forward = Figure(r"$\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) \text{, covers}$", FORWARD, below=True)
        self.reverse = Figure(r"$\kl{\mathrm{KL}}(\q{q} \parallel \p{p}) \text{, picks a mode}$", REVERSE, below=True)
        self._row = self._fields_and_figures()
        self.add_foot().addLayout(self._row, 1)
        curves.changed.connect(self._follow)
        self._follow()

    def _make_choices(self) -> None:
        """The mode, and the direction of KL."""
        curves = self._curves
        self.modes = named(
            Segmented([("compare", "Move"), ("fit", "Fit")], small=True),
            "gaussian mode",
            "Move two curves, or fit one",
            "Fit: one Gaussian against a p with two humps, by gradient descent on KL",
        )
        self.modes.chosen.connect(lambda mode: curves.set_mode(cast(Mode, mode)))
        self.ways = named(
            Segmented([("forward", "Forward p ∥ q"), ("reverse", "Reverse q ∥ p")], small=True),
            "direction",
            "Direction of KL",
            "Which KL the plot below adds up, and the fit lowers",
        )
        self.ways.chosen.connect(lambda way: curves.set_direction(cast(Direction, way)))
        self.add_action(self.modes, self.ways)

    def _fields_and_figures(self) -> QBoxLayout:
        """Fields and figures side by side, or below each other where the card is narrow."""
        px = theme.px
        for figure in (self.forward, self.reverse):
            figure.setMinimumWidth(px(FIGURE_PX))
        fields = layouts.row(self.of_p, self.go, self.of_q, (self.steps, 100), layouts.STRETCH, spacing=px(8))
        row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        row.setSpacing(px(8))
        row.addLayout(fields, 1)
        row.addLayout(layouts.row(self.forward, self.reverse, spacing=px(10)))
        return row

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = self.width() >= theme.px(WIDE)
        ways = QBoxLayout.Direction
        self._row.setDirection(ways.LeftToRight if beside else ways.TopToBottom)

    def hideEvent(self, event: QHideEvent) -> None:
        self._curves.stop()

    def _follow(self) -> None:
        curves, fitting = self._curves, self._curves.mode == "fit"
        self.note.setText(NOTES[curves.mode])
        self.of_p.setVisible(not fitting)
        self.go.setVisible(fitting)
        self.steps.setVisible(fitting)
        for fields in (self.of_q, *(() if fitting else (self.of_p,))):
            fields.follow()
        self.go.set_icon("pause" if curves.running else "play")
        self.go.setText("Stop" if curves.running else "Fit q to p")
        self.modes.set_value(curves.mode)
        self.ways.set_value(curves.direction)
        if curves.fit is None:
            self.steps.setText("")
        else:
            arrival = "arrived, " if curves.fit.has_converged else ""
            self.steps.setText(f"{arrival}{curves.fit.steps} steps")
        ways: tuple[tuple[Figure, Direction], ...] = ((self.forward, "forward"), (self.reverse, "reverse"))
        for figure, way in ways:
            estimate = curves.by_draws(way)
            note = "by quadrature"
            if estimate is not None:
                note = _estimate_words(estimate[0], intervals.NORMAL * estimate[1])  # of 20,000 draws
            figure.show_value(numbers.number(curves.kl(way), 2 if estimate is None else 3), "nats", note)
            figure.set_token("text" if way == curves.direction else "text_2")
