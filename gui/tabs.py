"""Two tabs beside the lineup: one large map, and what the numbers mean. The third is `gui.compare_tab`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from gui import theme
from gui.clock import Clock
from gui.desk import Desk
from gui.panels.base import ROWS, LanePanel, discard
from gui.widgets.label import Label
from gui.widgets.page import Page
from gui.widgets.sections import Card, Strip

if TYPE_CHECKING:
    from core.run import Run


class LatentTab(Page):
    """The selected lane's map over the whole page, its film strip, and every lane's picture of the point below."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk, self._clock = desk, clock
        self._cells: list[QWidget] = []
        self._strip = Strip("Latent map", "drag the ring: all lanes follow")
        self._strip.set_foldable(False)
        self._lay = QVBoxLayout(self)
        self._lay.setContentsMargins(8, 6, 8, 8)
        self._lay.setSpacing(4)
        self._built = False
        desk.lanes_changed.connect(self._rebuild)
        desk.lane_selected.connect(self._rebuild)

    def _rebuild(self) -> None:
        discard(self._clock, self._cells)
        run = self._desk.selected
        if run is None:
            return
        if not self._built:
            self._built = True
            for control in ROWS.get("map").controls(self._desk):
                self._strip.add_action(control)
            self._lay.addWidget(self._strip)
            self._center = QVBoxLayout()
            self._pictures = QHBoxLayout()
            self._pictures.setSpacing(8)
            self._lay.addLayout(self._center, 1)
            self._lay.addLayout(self._pictures)
        self._strip.set_title(f"Latent map of {run.title}")
        self._center.addWidget(self._cell("map", run), 1)
        film = self._cell("film", run)
        film.setFixedHeight(theme.px(64))
        self._center.addWidget(film)
        for each in self._desk.runs:
            picture = self._cell("image", each)
            picture.setFixedHeight(theme.px(148))
            self._pictures.addWidget(picture, 1)

    def _cell(self, name: str, run: Run) -> LanePanel:
        cell = ROWS.get(name)(self._desk, run)
        self._clock.add(cell)
        self._cells.append(cell)
        return cell


TEXTS = (
    (
        "Distortion",
        "D = −log p(x | z), nats per image",
        "How badly the decoder's picture fits the image it was made from. Summed over pixels, averaged over images.",
    ),
    (
        "Rate",
        "R = KL(q(z | x) ‖ p(z)) = ½ Σ (μ² + σ² − 1 − log σ²), nats per image",
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


class InformationTab(Page):
    """What every number on screen is, and what each model is."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        holder = Page()
        self._list = QVBoxLayout(holder)
        self._list.setContentsMargins(12, 12, 12, 12)
        self._list.setSpacing(8)
        self._list.addWidget(Label("What the numbers mean", "figure", "text"))
        for title, formula, text in TEXTS:
            self._list.addWidget(self._card(title, formula, text))
        self._list.addSpacing(8)
        self._models = QVBoxLayout()
        self._models.setSpacing(8)
        self._list.addLayout(self._models)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(holder)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(scroll)
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

        self._models.addWidget(Label("The models", "figure", "text"))
        for name in MODELS.names():
            model = MODELS.get(name)
            turned = ", ".join(each.param.label for each in knobs(model.Config))
            self._models.addWidget(self._card(model.title, model.short, f"{model.summary} Knobs: {turned}."))
