"""The cards of the ELBO page: the image, the two terms under a β slider, the bounds, the draws."""

from __future__ import annotations

import functools
import math

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from core.foundation.pixels import display
from core.probes import elbo_anatomy
from core.probes.elbo_anatomy import Anatomy
from gui.desk.desk import Desk
from gui.desk.wording import keep_worded
from gui.drawing import numbers, paint, theme
from gui.information.card import Figure, Legend, TitledCard, set_card_slot
from gui.information.heat_map import HeatMap
from gui.information.image_choice import name_of, other_button, step_buttons
from gui.information.pages.elbo.anatomy_plot import AnatomyPlot
from gui.information.pages.elbo.balance_bars import BalanceBars
from gui.information.pages.elbo.bound_plot import BoundPlot
from gui.information.pages.elbo.dissection import Dissection
from gui.information.pages.elbo.draws_plot import DrawsPlot
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.image_view import ImageView
from gui.widgets.key_hints import key_or
from gui.widgets.label import Label
from gui.widgets.lane_mark import LaneMark
from gui.widgets.naming import named
from gui.widgets.prose_formulas import explain
from gui.widgets.slider import Slider

TICKS = ((0.0, "0"), (0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"))

DISTORTION = (
    r"$\distortion{D} = -\mathbb{E} \log p(x \mid z)$, $z \sim \lane{q(z \mid x)}$: the mean over the"
    r" draws so far"
)
RATE = (
    r"$\rate{R} = \kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel \p{p(z)}) = \sum \tfrac12 (\mu^2 +"
    r" \sigma^2 - 1 - \ln \sigma^2)$"
)
ELBO = (
    r"$-\mathrm{ELBO} = \distortion{D} + \rate{R} \ge -\log p(x)$, with $\beta = 1$ whatever $\beta$"
    r" trained it"
)
OBJECTIVE = r"$\distortion{D} + \beta \cdot \rate{R}$ of the $x$ shown, with these weights"
PULL = (
    r"$\frac{\|\nabla (\beta \cdot \rate{R})\|}{\|\nabla \distortion{D}\| + \|\nabla (\beta \cdot"
    r" \rate{R})\|}$ = its share of the gradient by"
    r" $\mu$ and $\ln \sigma$ of this code"
)
BALANCE = (
    r"$\beta^\ast = -\langle \nabla \distortion{D}, \nabla \rate{R} \rangle / \|\nabla \rate{R}\|^2$:"
    r" where $\distortion{D}$ and $\beta \cdot \rate{R}$ pull this code in"
    " opposite ways, equally hard. An encoder that has"
    r" learned well for its $\beta$ has $\beta^\ast$ near it; above $\beta^\ast$ this code would move"
    r" toward the prior."
)


class ImageCard(TitledCard):
    """The chosen image, the picture decoded from μ, and the distortion of each pixel."""

    def __init__(self, desk: Desk, dissection: Dissection) -> None:
        super().__init__(f"One test {desk.noun}", "", "elbo image")
        self._desk, self._dissection = desk, dissection
        self._mark = LaneMark()
        self.back, self.on = step_buttons(desk)
        self.other = other_button(desk)
        self.add_action(self._mark, self.back, self.on, self.other)
        self.which = Label("", "caption", "text_2", elided=True)
        self.original, self.decoded = ImageView(112, "No image yet", border=True), ImageView(112, border=True)
        decoder = r"$\hat x$: the decoder’s picture of $\mu$, the middle of $\lane{q(z \mid x)}$"
        keep_worded(desk, decoder, functools.partial(explain, self.decoded))
        self.heat = self._make_heat()
        self.body.addLayout(self._pictures_and_heat(), 1)
        dissection.changed.connect(self.follow)
        desk.names.changed.connect(self.follow)
        theme.changes.changed.connect(self.follow)
        self.follow()

    def _make_heat(self) -> HeatMap:
        heat = HeatMap("pixel distortion", "", ("nat", "nats"))
        keep_worded(self._desk, "Distortion of each pixel", heat.setAccessibleName)
        keep_worded(
            self._desk,
            r"$-\log p$ of each pixel given $z$, the mean over the eight draws below; their sum is those draws’"
            r" distortion."
            "\n"
            r"Bernoulli: $-x \ln \hat x - (1 - x) \ln(1 - \hat x)$: grey pixels cost even where $\hat x$ is right.",
            functools.partial(explain, heat),
        )
        return heat

    def _pictures_and_heat(self) -> QHBoxLayout:
        gap = theme.px(4)
        decoded = Label("Decoded from μ", "caption", "text_2")
        pictures = layouts.column(self.which, self.original, gap, decoded, self.decoded, layouts.STRETCH, spacing=gap)
        name = Label("", "caption", "text_2", elided=True)
        keep_worded(self._desk, "Distortion per pixel", name.setText)
        costs = layouts.column(name, (self.heat, 1), spacing=gap)
        return layouts.row(pictures, (costs, 1), spacing=theme.px(16))

    def _fit_head(self) -> None:
        """Show the button's icon alone where its words would cut off lane and step."""
        words = f"Other {self._desk.noun}"
        self.other.setAccessibleName(words)
        self.other.setText(words)
        if self.room_for_note() < paint.wide(self.note.text(), "caption"):
            self.other.setText("")

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit_head()
        super().resizeEvent(event)
        room = (self.height() - theme.px(36 + 8 + 60)) // 2
        zoom = max(2, min(room // 28, 5 if self.width() > theme.px(440) else 4))
        for view in (self.original, self.decoded):
            view.set_size(28 * zoom)
        self.which.setMaximumWidth(28 * zoom)

    def follow(self) -> None:
        """Show the current state."""
        chosen, run, shown = self._desk.chosen, self._dissection.run, self._dissection.shown
        if run is None or not self._desk.is_open:
            return
        data = self._desk.experiment.dataset
        self.rename(f"One test {data.noun}")
        self.which.setText(name_of(self._desk))
        self._mark.set_slot(run.slot)
        name = self._desk.names.of(run).full
        self.note.setText(name if shown is None else f"{name}, step {self._dissection.step:,}")
        self._fit_head()
        self.original.set_image(None if chosen.image is None else display(chosen.image[None])[0])
        self.decoded.set_image(None if shown is None else shown.reconstruction)
        pixels = None if shown is None else shown.pixels
        self.heat.hint = self._dissection.hint if shown is None else "Points have no pixels"
        self.heat.show_map(pixels, 1.0 if pixels is None else round(max(0.1, float(pixels.max())), 1))


class BalanceCard(TitledCard):
    """Distortion, rate and their weighted sum under a β slider."""

    def __init__(self, dissection: Dissection) -> None:
        super().__init__(
            r"$-\mathrm{ELBO} = \distortion{D} + \rate{R}$",
            "drag β: what the objective would weigh, with these weights",
            "elbo balance",
        )
        self._dissection = dissection
        self.legend = Legend()
        self.add_action(self.legend)
        self.distortion, self.rate = Figure("Distortion D", DISTORTION), Figure("Rate R", RATE)
        self.elbo, self.objective = Figure("−ELBO", ELBO), Figure("Objective", OBJECTIVE, token="accent")
        self.share, self.balance = Figure("Pull of the rate", PULL), Figure("Pulls cancel at β", BALANCE)
        self.figures = (self.distortion, self.rate, self.elbo, self.objective, self.share, self.balance)
        self.bars = BalanceBars()
        self.slider = named(
            Slider(0.0, 100.0, scale="log", default=1.0, ticks=TICKS, knob=16, log_floor=0.01),
            "elbo beta",
            "β of the objective, without training",
            "Arrow keys, wheel; double-click for 1",
        )
        self.slider.moved.connect(dissection.tilt)
        self.value = Label("", "hero", "text")
        self.words = Label("", "caption", "text_2", wrap=True)
        self.apply = named(
            Button("Apply β to the lane", "enter"),
            "apply beta",
            tip=f"The lane trains with this β from its next step on; {key_or('undo', 'Undo')} takes it back",
        )
        self.apply.clicked.connect(dissection.apply)
        self._lay_out()
        dissection.changed.connect(self.follow)
        dissection.tilted.connect(self.follow)
        theme.changes.changed.connect(self.follow)
        self.follow()

    def _lay_out(self) -> None:
        px = theme.px
        figures = QGridLayout()
        figures.setHorizontalSpacing(px(10))
        for at, figure in enumerate(self.figures):
            figure.setMinimumWidth(px(92))
            figures.addWidget(figure, 0, at)
        self.value.setMinimumWidth(px(72))
        self.body.addLayout(figures)
        self.body.addSpacing(px(4))
        self.body.addWidget(self.bars, 1)
        beta = Label("β", "title", "text")
        self.body.addLayout(layouts.row(beta, (self.slider, 1), self.value, spacing=px(10)))
        foot = self.add_foot()
        foot.addWidget(self.words, 1)
        foot.addWidget(self.apply)

    def follow(self) -> None:
        """Show the current state."""
        dissection, shown, beta = self._dissection, self._dissection.shown, self._dissection.beta
        slot = 0 if dissection.run is None else dissection.run.slot
        self.slider.set_value(beta)
        self.value.setText(numbers.knob(beta, 2))
        set_card_slot(self, slot)
        self.bars.set_hint(dissection.hint)
        self.bars.show_balance(shown, beta, slot)
        self.legend.set_entries([(theme.current().lanes[slot], "distortion"), ("info_kl", "rate")])
        trained = dissection.trained_beta
        same = math.isclose(beta, trained, rel_tol=1e-9, abs_tol=1e-12)
        self.apply.setEnabled(dissection.run is not None and dissection.run.model.rate_knobs is not None and not same)
        self.words.setText(self._status(same, trained))
        if shown is None:
            for figure in self.figures:
                figure.show_value("—")
            return
        slope = elbo_anatomy.rate_slope(shown.mu, shown.sigma)
        self.distortion.show_value(numbers.number(shown.distortion, 2), "nats")
        self.rate.show_value(numbers.number(shown.rate, 2), "nats")
        self.elbo.show_value(numbers.number(shown.negative_elbo, 2), "nats")
        cost = elbo_anatomy.objective(shown.distortion, shown.rate, beta)
        self.objective.show_value(numbers.number(cost, 2), "nats")
        self.share.show_value(numbers.number(100 * elbo_anatomy.rate_share(shown.slope, slope, beta), 1), "%")
        beta_of_rest = elbo_anatomy.balance(shown.slope, slope)
        opposed = beta_of_rest > 0  # else both pull the same way, whatever β
        self.balance.show_value(numbers.number(beta_of_rest, 2) if opposed else "—", "" if opposed else "they agree")

    def _status(self, same: bool, trained: float) -> str:
        """What the slider does; after β was applied, how D and R changed since."""
        lane_words = f"The lane trains with β = {numbers.knob(trained, 2)}"
        shown, step, before = self._dissection.shown, self._dissection.step, self._dissection.before
        if not same:
            return (
                f"{lane_words}. The slider moves the sum, not the weights;"
                " apply it, train on, and D and R themselves move."
            )
        if before is None:
            return f"{lane_words}. Move the slider to see another."
        if shown is None or step <= before.since:
            return f"{lane_words} from here on. Train, and D and R themselves move."
        moves = (
            f"{name} {numbers.number(old, 1)} → {numbers.number(new, 1)}"
            for name, old, new in (
                ("D", before.shown.distortion, shown.distortion),
                ("R", before.shown.rate, shown.rate),
            )
        )
        return f"{lane_words}. In {step - before.since:,} steps since: {', '.join(moves)} nats."


class _AnatomyCard(TitledCard):
    """A plot of the anatomy over figures, which show a dash while there is none (abstract)."""

    def __init__(self, dissection: Dissection, plot: AnatomyPlot, title: str, note: str, key: str) -> None:
        super().__init__(title, note, key)
        self.dissection, self.plot = dissection, plot
        self.body.addWidget(plot, 1)
        self._figures: tuple[Figure, ...] = ()

    def _start_following(self, *figures: Figure) -> None:
        """Add the figures at the foot, and follow the dissection from now on."""
        self._figures = figures
        self.add_figures(*figures, least=110)
        self.dissection.changed.connect(self.follow)
        theme.changes.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Show the current state."""
        dissection, shown = self.dissection, self.dissection.shown
        self.plot.set_hint(dissection.hint)
        slot = 0 if dissection.run is None else dissection.run.slot
        set_card_slot(self, slot)
        self.plot.show_anatomy(shown, slot)
        if shown is None:
            for figure in self._figures:
                figure.show_value("—")
        self._show_figures(shown)

    def _show_figures(self, shown: Anatomy | None) -> None:
        """Show the anatomy, where there is one, in the figures and the note."""
        raise NotImplementedError


class BoundsCard(_AnatomyCard):
    """Importance-weighted bounds by number of draws, and the gap between the ELBO and the tightest of them."""

    def __init__(self, dissection: Dissection) -> None:
        super().__init__(dissection, BoundPlot(), "How tight the bound is", "", "elbo bounds")
        self.first = Figure(
            "k = 1, by draws", r"$-\log w$ averaged over 5,000 draws: = −ELBO, its rate by Monte Carlo too"
        )
        self.last = Figure(
            "−log p(x), at most",
            r"$= -\log \tfrac{1}{k} \sum w$, $k = 5{,}000$, $w = \frac{p(x, z)}{\lane{q(z \mid x)}}$",
        )
        self.gap = Figure(
            "The encoder’s own error",
            r"$-\mathrm{ELBO} - (-\log p(x)) = \kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel p(z \mid x))$: what a"
            r" Gaussian from this encoder"
            " misses of the true posterior."
            " By the tightest bound, so it may be a little more.",
            token="info_kl",
        )
        self._start_following(self.first, self.last, self.gap)

    def _show_figures(self, shown: Anatomy | None) -> None:
        if shown is None:
            self.note.setText("over k draws of q(z|x)")
            return
        words = "5,000 draws of q(z|x), in groups of k"
        self.note.setText(words if shown.complete else f"{shown.draws:,} of {elbo_anatomy.COUNTS[-1]:,} draws")
        self.first.show_value(numbers.number(shown.bounds[1], 2), "nats")
        self.last.show_value(numbers.number(shown.bounds[max(shown.bounds)], 2), "nats")
        self.gap.show_value(numbers.number(shown.gap, 2), "nats")


class DrawsCard(_AnatomyCard):
    """The expected log likelihood as a mean over draws of z, with its standard error."""

    def __init__(self, dissection: Dissection) -> None:
        note = "eight draws z ~ q(z|x), decoded; below, all of them"
        super().__init__(dissection, DrawsPlot(), "Expected log likelihood", note, "elbo draws")
        self.mean = Figure(
            r"$\mathbb{E} \log p(x \mid z)$",
            r"$= -\distortion{D}$: the mean of $\log p(x \mid z)$ over the draws so far",
        )
        self.spread = Figure(
            "Spread of one draw",
            r"Standard deviation $= \sqrt{\mathrm{Var} \log p(x \mid z)}$, $z \sim \lane{q(z \mid x)}$",
        )
        self.error = Figure("Error of the mean", r"Standard error $= \text{spread} / \sqrt{\text{number of draws}}$")
        self._start_following(self.mean, self.spread, self.error)

    def _show_figures(self, shown: Anatomy | None) -> None:
        if shown is None:
            return
        self.mean.show_value(numbers.number(-shown.distortion, 2), "nats")
        self.spread.show_value(numbers.number(shown.spread, 2), "nats")
        self.error.show_value(numbers.number(shown.spread / math.sqrt(shown.draws), 3), f"{shown.draws:,} draws")


class Cards(QWidget):
    """Two rows of two cards with shares of the width; or, where there is little room, four rows."""

    def __init__(self, rows: tuple[tuple[tuple[QWidget, int], ...], ...]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(12))
        self._lines: list[tuple[QBoxLayout, tuple[tuple[QWidget, int], ...]]] = []
        for row in rows:
            line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
            line.setSpacing(theme.px(12))
            for card, _ in row:
                card.setMinimumWidth(0)
                line.addWidget(card)
            column.addLayout(line, 1)
            self._lines.append((line, row))
        self.set_stacked(False)

    def set_stacked(self, stacked: bool) -> None:
        """Put the cards of a row below each other, or side by side."""
        direction = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        for line, row in self._lines:
            line.setDirection(direction)
            for index, (_, share) in enumerate(row):
                line.setStretch(index, 1 if stacked else share)
