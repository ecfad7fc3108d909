"""The classes with their colours. A click isolates one on every map."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from core.text import addresses
from gui.desk.desk import Desk
from gui.drawing import theme
from gui.widgets.chips import ClassChip
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.sections import Section


class ClassesPanel(Section):
    """A chip per class. Ctrl-click adds a class to those shown; a click on the only one shows all again."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("Classes", "classes")
        set_place(self, addresses.of_part("Classes"))
        self._desk = desk
        self.header.add_action(Label("click to isolate", "caption", "text_3"))
        self._holder = QWidget()
        self._grid = QGridLayout(self._holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.px(4))
        self.body.addWidget(self._holder)
        self._chips: list[ClassChip] = []
        desk.dataset_changed.connect(self._fill)
        desk.opened.connect(self._fill)
        desk.classes_changed.connect(self._show)

    def _fill(self) -> None:
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        names = self._desk.experiment.dataset.class_names[:20]
        longest = max((len(name) for name in names), default=1)
        columns = 5 if longest <= 2 else 3 if longest <= 6 else 2
        self._chips = []
        for index, name in enumerate(names):
            chip = ClassChip(index, name)
            chip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            chip.setToolTip(f"Show only “{name}”; Ctrl adds it")
            chip.picked.connect(self._pick)
            self._grid.addWidget(chip, index // columns, index % columns, Qt.AlignmentFlag.AlignVCenter)
            self._chips.append(chip)
        self._desk.isolate(frozenset())

    def _pick(self, index: int, add: bool) -> None:
        isolated = self._desk.isolated
        if add:
            self._desk.isolate(isolated ^ {index})
        else:
            self._desk.isolate(frozenset() if isolated == {index} else frozenset({index}))

    def _show(self) -> None:
        isolated = self._desk.isolated
        for chip in self._chips:
            chip.setChecked(chip.index() in isolated)
            chip.set_dimmed(bool(isolated) and chip.index() not in isolated)
