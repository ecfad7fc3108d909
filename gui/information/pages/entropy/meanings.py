"""What every number on screen is, and what each model is: the last section of the Information tab."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lanes import lane_with_rate
from gui.desk.wording import keep_worded
from gui.drawing import theme
from gui.widgets.formula import Formula
from gui.widgets.label import Label
from gui.widgets.sections import Card, Section

TEXTS = (
    (
        "Distortion",
        r"\distortion{D} = -\log p(x \mid z) \\ \text{nats per image}",
        "How badly the decoder's picture fits the image it was made from. Summed over pixels, averaged over images.",
    ),
    (
        "Rate",
        r"\rate{R} = \kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel \p{p(z)})"
        r" = \tfrac12 \sum (\mu^2 + \sigma^2 - 1 - \log \sigma^2)"
        r" \\ \text{nats per image}",
        "How far an image’s cloud lies from the prior: the most its code can tell. A dimension with rate 0 is silent.",
    ),
    (
        "−ELBO",
        r"-\mathrm{ELBO} = \distortion{D} + \rate{R} \ge -\log p(x)",
        "A bound on how surprising an image is to the model. Always with β = 1, whatever β trained it.",
    ),
    (
        "KL weight β",
        r"\text{minimise } \distortion{D} + \beta \cdot \rate{R}",
        "Above 1 the code is squeezed: a smoother map, less faithful pictures. Below 1 the map tears, and pictures are"
        " more faithful.",
    ),
    (
        "Hole",
        r"\hole{r(z)} = \frac{\text{distance to the 10th nearest training code}}"
        r"{\text{distance that 95\% of test codes stay within}}",
        "Above 1 the point lies where hardly any image has its code: the decoder was not trained there.",
    ),
    (
        "D and G",
        r"\text{D: } {-}\log D(x) - \log(1 - D(G(z))) \\ \text{G: } {-}\log D(G(z))",
        "At balance the discriminator cannot tell: its loss is 2 ln 2 = 1.386. These losses say little about quality.",
    ),
    (
        "The shared z",
        r"\text{one unit} = \text{one } \sigma",
        "Of the prior N(0, 1) where a model has one, else of its own codes: one point means the same in every lane.",
    ),
)


class Meanings(Section):
    """What the numbers and the models are. The cards are built when the section is scrolled into view."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__("What the numbers mean", "meanings")
        self.body.setSpacing(theme.px(8))
        self._desk, self._clock = desk, clock
        self._formulas: list[Formula] = []
        clock.ticked.connect(self._fill)
        for signal in (desk.lane_selected, desk.lanes_changed):
            signal.connect(self._color)

    def _card(self, title: str, words: QWidget, text: str) -> Card:
        card = Card()
        inside = QVBoxLayout(card)
        inside.setContentsMargins(12, 10, 12, 10)
        inside.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(12)
        name = Label(title, "title", "text")
        name.setFixedWidth(theme.px(180))
        head.addWidget(name)
        head.addWidget(words, 1, Qt.AlignmentFlag.AlignVCenter)
        inside.addLayout(head)
        prose = Label("", "body", "text_2", wrap=True)
        keep_worded(self._desk, text, prose.setText)
        inside.addWidget(prose)
        return card

    def _color(self) -> None:
        run = lane_with_rate(self._desk)
        for formula in self._formulas:
            formula.set_slot(None if run is None else run.slot)

    def _fill(self) -> None:
        if not self._desk.is_open or self.visibleRegion().isEmpty():
            return
        self._clock.ticked.disconnect(self._fill)
        for title, formula, text in TEXTS:
            shown = Formula(self._desk.worded(formula), "readout", own=True)
            self._formulas.append(shown)
            self.body.addWidget(self._card(title, shown, text))
        self._color()
        self._name_models()

    def _name_models(self) -> None:
        from core.foundation.params import knobs
        from core.models.base import MODELS

        self.body.addSpacing(theme.px(8))
        self.body.addWidget(Label("The models", "figure", "text"))
        for name in MODELS.names():
            model = MODELS.get(name)
            turned = ", ".join(each.param.label for each in knobs(model.Config))
            self.body.addWidget(
                self._card(model.title, Label(model.short, "readout", "accent"), f"{model.summary} Knobs: {turned}.")
            )
