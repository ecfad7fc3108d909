"""What every number on screen is, and what each model is: the last section of the Information tab."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from gui import theme
from gui.desk import Desk
from gui.widgets.label import Label
from gui.widgets.sections import Card, Section

TEXTS = (
    (
        "Distortion",
        "D = −log p(x | z), nats per image",
        "How badly the decoder's picture fits the image it was made from. Summed over pixels, averaged over images.",
    ),
    (
        "Rate",
        "R = KL(q(z | x) ∥ p(z)) = ½ Σ (μ² + σ² − 1 − log σ²), nats per image",
        "What the code tells about the image beyond what the prior already said. A dimension with rate 0 is silent.",
    ),
    (
        "−ELBO",
        "−ELBO = D + R ≥ −log p(x)",
        "A bound on how surprising an image is to the model. Always with β = 1, whatever β trained it.",
    ),
    (
        "KL weight β",
        "minimise D + β·R",
        "Above 1 the code is squeezed: smoother map, blurrier pictures. Below 1 the map tears and pictures sharpen.",
    ),
    (
        "Hole",
        "r(z) = distance to the 10th nearest training code ÷ the distance that 95 % of test codes stay within",
        "Above 1 the point lies where no image has its code: the decoder was never trained there.",
    ),
    (
        "D and G",
        "D: −log D(x) − log(1 − D(G(z)))   G: −log D(G(z))",
        "At balance the discriminator cannot tell: its loss is 2 ln 2 = 1.386. These losses say nothing about quality.",
    ),
    (
        "The shared z",
        "one unit = one σ",
        "Of the prior N(0, I) where a model has one, else of its own codes: one point means the same in every lane.",
    ),
)


class Meanings(Section):
    """*What the numbers mean*, and the models."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("What the numbers mean", "meanings")
        self.body.setSpacing(theme.px(8))
        for title, formula, text in TEXTS:
            self.body.addWidget(self._card(title, formula, text))
        self.body.addSpacing(theme.px(8))
        self._models = QVBoxLayout()
        self._models.setSpacing(theme.px(8))
        self.body.addLayout(self._models)
        desk.opened.connect(self._fill)

    def _card(self, title: str, formula: str, text: str) -> Card:
        card = Card()
        inside = QVBoxLayout(card)
        inside.setContentsMargins(12, 10, 12, 10)
        inside.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(12)
        name = Label(title, "title", "text")
        name.setFixedWidth(theme.px(180))
        words = Label(formula, "readout", "accent", wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        head.addWidget(name)
        head.addWidget(words, 1)
        inside.addLayout(head)
        inside.addWidget(Label(text, "body", "text_2", wrap=True))
        return card

    def _fill(self) -> None:
        from core.models.base import MODELS
        from core.params import knobs

        if self._models.count():
            return
        self._models.addWidget(Label("The models", "figure", "text"))
        for name in MODELS.names():
            model = MODELS.get(name)
            turned = ", ".join(each.param.label for each in knobs(model.Config))
            self._models.addWidget(self._card(model.title, model.short, f"{model.summary} Knobs: {turned}."))
