"""The page *Holes*: where the latent space of an AE is empty, beside a VAE's, and walks that cross the holes."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lane_panel import discard
from gui.desk.wording import keep_worded
from gui.drawing import theme
from gui.information.page import GAP, InformationPage, register
from gui.information.pages.holes.map_card import HoleCard, MissingCard
from gui.information.pages.holes.map_plot import RampBar, span
from gui.information.pages.holes.state import MAPS, HoleState, lanes, maps, meaning, unit
from gui.information.pages.holes.walk_card import WalkCard
from gui.widgets.buttons import Button
from gui.widgets.formula import Sentence
from gui.widgets.segmented import Segmented

MOST_MAP = 430
"""Largest height of a map's card, px at text size 1."""
LEAST_MAP = 280
"""Least height of a map's card, px at text size 1."""


@register("holes")
class HolesPage(InformationPage):
    """A hole map for each lane, and the walk below."""

    title, order = "Holes", 40
    note = "move over a map: the picture and its reading follow; click to put the point there"

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__(desk, clock)
        self.state = HoleState(desk)
        self.state.setParent(self)
        self.cards: list[HoleCard] = []
        self.missing: list[MissingCard] = []
        self._held: list[QWidget] = []
        self.walk = WalkCard(desk, self.state)
        clock.add(self.walk)
        self._row = QHBoxLayout()
        self._row.setSpacing(theme.px(GAP))
        self.column.addWidget(self._toolbar())
        self.column.addLayout(self._row)
        self.column.addWidget(self.walk)
        self.column.addStretch(1)
        for signal in (self.state.changed, self.state.mapped):
            signal.connect(self._show_legend)
        desk.lanes_changed.connect(self.rebuild)
        desk.opened.connect(self.rebuild)
        desk.dataset_changed.connect(self._show_legend)
        self.rebuild()

    def _toolbar(self) -> QWidget:
        bar, px = QWidget(), theme.px
        line = QHBoxLayout(bar)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(px(12))
        self.kinds = Segmented([(kind, words) for kind, words in MAPS])
        self.kinds.setObjectName("hole map kind")
        self.kinds.setAccessibleName("Which map")
        self.kinds.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.kinds.set_value(self.state.kind)
        known = {str(kind): kind for kind, _ in MAPS}
        self.kinds.chosen.connect(lambda key: self.state.set_kind(known[key]))
        self.codes = Button("Codes", "rows-map")
        self.codes.setObjectName("show codes")
        self.codes.setCheckable(True)
        self.codes.setChecked(True)
        keep_worded(self.desk, "Codes of training images as dots", self.codes.setToolTip)
        self.codes.toggled.connect(self.state.set_codes)
        self.bar = RampBar()
        self.meaning = Sentence()
        line.addWidget(self.kinds)
        line.addWidget(self.codes)
        line.addWidget(self.bar)
        line.addWidget(self.meaning, 1)
        return bar

    def _show_legend(self) -> None:
        kind = self.state.kind
        dims = len(self.desk.point.z) if self.desk.is_open else 2
        self.bar.show_range(kind, *span(maps(self.desk, kind)), unit(kind, dims))
        self.meaning.set_prose(self.desk.worded(meaning(kind, dims)))

    def rebuild(self) -> None:
        """Build a card for each lane, and one for a model that is missing."""
        discard(self.clock, self._held)
        shown = lanes(self.desk)
        self.cards = [HoleCard(self.desk, self.state, run) for run in shown]
        names = {run.model_name for run in self.desk.runs}
        absent = [(name, short) for name, short in (("ae", "AE"), ("vae", "VAE")) if name not in names]
        self.missing = [MissingCard(self.desk, name, short) for name, short in absent] if len(shown) < 2 else []
        for card in self.cards:
            self.clock.add(card)
        ordered: list[QWidget] = [*self.cards, *self.missing]
        for each in ordered:
            self._row.addWidget(each, 1)
            self._held.append(each)
        self.walk.rebuild()
        self._show_legend()
        self.refit()

    def fit(self, room: QSize) -> None:
        """Maps take the height above the walk."""
        count = max(1, len(self._held))
        width = (room.width() - theme.px(GAP) * (count - 1)) // count
        narrow = width < theme.px(440)
        self.walk.resize(room.width(), self.walk.height())
        self.walk.fit()
        rest = room.height() - self.walk.sizeHint().height() - theme.px(28 + 2 * GAP)
        tall = max(theme.px(LEAST_MAP), min(theme.px(MOST_MAP), rest))
        if narrow:
            tall = width + theme.px(200)
        for each in self._held:
            each.setFixedHeight(tall)
