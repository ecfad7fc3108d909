"""The cards of the reparameterization lab."""

from __future__ import annotations

from typing import cast

from PySide6.QtGui import QHideEvent

from core.theory import intervals
from core.theory.reparameterization import ESTIMATORS, FUNCTIONS, Parameter
from gui.drawing import numbers, theme
from gui.information.card import Figure, TitledCard
from gui.information.pages.reparameterization.epsilon_plot import EpsilonPlot
from gui.information.pages.reparameterization.estimates_plot import EstimatesPlot
from gui.information.pages.reparameterization.estimators import COLORS, NAMES
from gui.information.pages.reparameterization.lab import DECODER, LEAST, MOST, MOST_SIGMA, REACH, Lab
from gui.information.pages.reparameterization.variance_plot import VariancePlot
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.prose_formulas import explain
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider
from gui.widgets.spin_field import SpinField

TICKS = tuple((float(n), f"{n:,}") for n in (1, 10, 100, 1_000, 10_000))
SHORT = {"score": "Score function", "baseline": "With baseline", "through": "Through z"}


class DrawsCard(TitledCard):
    """The draws ε that become z = μ + σ ⊙ ε, and the function f."""

    def __init__(self, lab: Lab) -> None:
        super().__init__(r"$\q{z} = \q{\mu} + \q{\sigma} \odot \p{\varepsilon}$", "drag μ, σ or any ε", "lab draws")
        self._lab = lab
        options = [(name, each.title) for name, each in FUNCTIONS.items()]
        self.functions = named(
            Segmented([*options, (DECODER, "My decoder")], small=True, fitted=True),
            "lab function",
            "The function f whose expectation has the gradient",
        )
        explain(self.functions, r"$f(z)$, whose expectation under $\q{\mathcal{N}(\mu, \sigma^2)}$ has the gradient")
        self.functions.chosen.connect(lab.set_function)
        self._why = ""
        self.add_action(self.functions)
        self.plot = EpsilonPlot(lab)
        self.body.addWidget(self.plot, 1)
        self.mu = SpinField(float, -REACH, REACH, step=0.05)
        self.sigma = SpinField(float, LEAST, MOST_SIGMA, step=0.05)
        for field, name in ((self.mu, "mu"), (self.sigma, "sigma")):
            named(field, f"lab {name}", f"{name} of q")
            field.setFixedWidth(theme.px(64))
            field.edited.connect(lambda _: lab.place(self.mu.value(), self.sigma.value()))
        self.new = named(Button("New draws", "dice"), tip="Other ε, all 10,000 of them")
        self.new.clicked.connect(lab.new_draws)
        self.words = Label("", "caption", "text_3", elided=True)
        foot = self.add_foot()
        for each in (Label("μ", "body", "text_2"), self.mu, Label("σ", "body", "text_2"), self.sigma):
            foot.addWidget(each)
        foot.addWidget(self.words, 1)
        foot.addWidget(self.new)
        lab.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show the current state."""
        lab = self._lab
        self.mu.set_value(lab.q.mu)
        self.sigma.set_value(lab.q.sigma)
        why = lab.why_no_decoder()
        if why != self._why:  # a drag comes sixty times a second: repaint only what changes
            self._why = why
            self.functions.set_option_enabled(DECODER, not why, why)
        if self.functions.value() != lab.name:
            self.functions.set_value(lab.name)
        fair = "the first 20 of 10,000 draws"
        self.words.setText("moved by hand: no fair draws now" if lab.touched else fair)


class EstimatesCard(TitledCard):
    """Histograms of single-draw estimates of one gradient, and their means over N draws."""

    def __init__(self, lab: Lab) -> None:
        super().__init__("Single draws, and their mean", "", "lab estimates")
        self._lab = lab
        self.by = named(Segmented([("mu", "∂/∂μ"), ("sigma", "∂/∂σ")], small=True), "lab by", "Which derivative of E f")
        self.by.chosen.connect(lambda by: lab.set_by(cast(Parameter, by)))
        self.add_action(self.by)
        self.plot = EstimatesPlot(lab)
        self.body.addWidget(self.plot, 1)
        self.exact = Figure(
            "Exact",
            r"$\mathbb{E}\, f'(z)$, by $\sigma$ $\mathbb{E}\, f'(z) \cdot \varepsilon$, = the gradient of"
            r" $\mathbb{E}\, f(z)$, by quadrature",
            below=True,
        )
        tips = {
            "score": r"$\nabla \mathbb{E}\, f = \mathbb{E}[\p{f(z) \cdot \frac{\varepsilon}{\sigma}}]$, by"
            r" $\sigma$ $\mathbb{E}[\p{f(z) \cdot \frac{\varepsilon^2 - 1}{\sigma}}]$: the mean over N draws,"
            r" ± half of its 95 % interval (Williams 1992)",
            "baseline": r"$\nabla \mathbb{E}\, f = \mathbb{E}[\kl{(f(z) - \mathbb{E} f) \cdot"
            r" \frac{\varepsilon}{\sigma}}]$: the score has mean 0, so a constant changes no mean",
            "through": r"$\nabla \mathbb{E}\, f = \mathbb{E}[\q{f'(z)}]$, by $\sigma$ $\mathbb{E}[\q{f'(z) \cdot"
            r" \varepsilon}]$: the mean over N draws (Kingma & Welling 2014)",
        }
        self.means = {way: Figure(SHORT[way], tips[way], below=True, token=COLORS[way]) for way in ESTIMATORS}
        self.add_figures(self.exact, *self.means.values(), least=88)
        lab.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show the current state."""
        estimates = self._lab.estimates
        if self.by.value() != self._lab.by:
            self.by.set_value(self._lab.by)
        self.note.setText(f"{self._lab.count:,} draw{'' if self._lab.count == 1 else 's'} of the same ε for all three")
        self.exact.show_value(numbers.number(estimates.exact, 3), "", "by quadrature")
        for way, figure in self.means.items():
            mean, error = estimates.means[way]
            half = intervals.student(self._lab.count - 1) * error
            figure.show_value(numbers.number(mean, 3), "", f"± {numbers.number(half, 3)}")


class VarianceCard(TitledCard):
    """The variance of the mean of N draws, and the slider of N."""

    def __init__(self, lab: Lab) -> None:
        super().__init__("Variance against N", "thick: as the draws tell it; thin: exact", "lab variance")
        self._lab = lab
        self.go = named(Button("Draw", "play"), "lab draw", tip="From one draw to 10,000, twice as many every 0.6 s")
        self.go.clicked.connect(lambda: lab.stop() if lab.running else lab.start())
        self.add_action(self.go)
        self.plot = VariancePlot(lab)
        self.body.addWidget(self.plot, 1)
        self.slider = named(
            Slider(1.0, MOST, scale="log", default=1_000.0, decimals=0), "lab count", "Number of draws N"
        )
        self.slider.moved.connect(lambda value: lab.set_count(round(value)))
        self.value = Label("", "readout", "text")
        self.value.setMinimumWidth(theme.px(48))
        draws = Label("Draws N", "body", "text_2")
        self.body.addLayout(layouts.row(draws, (self.slider, 1), self.value, spacing=theme.px(8)))
        self.figures = {
            way: Figure(
                SHORT[way],
                f"{NAMES[way]}: variance = E g² − (E g)², by quadrature; that of a mean of"
                " N is 1/N of it. Below: draws it needs for each draw of the calmest.",
                below=True,
                token=COLORS[way],
            )
            for way in ESTIMATORS
        }
        self.add_figures(*self.figures.values(), least=88, head=Label("Of one draw", "caption", "text_2"))
        lab.changed.connect(self.follow)
        self.follow()

    def hideEvent(self, event: QHideEvent) -> None:
        self._lab.stop()

    def follow(self) -> None:
        """Show the current state."""
        lab = self._lab
        words = "Stop" if lab.running else "Draw"
        if self.go.text() != words:
            self.go.set_icon("pause" if lab.running else "play")
            self.go.setText(words)
        if round(self.slider.value()) != lab.count:
            self.slider.set_value(float(lab.count))
        self.value.setText(f"{lab.count:,}")
        variances = lab.estimates.variances
        least = min(variances.values())
        for way, figure in self.figures.items():
            times = variances[way] / least if least > 1e-14 else float("nan")
            note = "the calmest" if variances[way] == least else f"{numbers.short(times)} × as many draws"
            figure.show_value(three(variances[way]), "", note)


def three(value: float) -> str:
    """A variance in about three digits."""
    return numbers.short(value) if value >= 1_000 else numbers.knob(value, 3 if value < 10 else 1)
