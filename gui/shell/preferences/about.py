"""What this program is: versions for a report, and the licences of all that comes with it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QPlainTextEdit,
    QSplitter,
    QStackedWidget,
    QWidget,
)

from core.cli.info import info, text
from core.cli.licences import Licence, licences
from core.foundation.version import version
from gui.desk.loading import Loading
from gui.drawing import theme
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.dialogs import Dialog
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.segmented import Segmented

WORDS = "Autoencoders, VAEs and GANs train side by side, live, with a finger in the latent space."


class AboutDialog(Dialog):
    """Version and licence; `--info` as text to copy; every licence with its text. The slow parts come in a thread."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, "About Latent Playground")
        self.setObjectName("about")
        self._all: list[Licence] = []
        self._pages = QStackedWidget()
        self.report = named(QPlainTextEdit("Looking …"), "report", "Versions, platform, device and paths")
        self.report.setReadOnly(True)
        self.report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.list = named(QListWidget(), "licences", "Licences")
        self.list.currentRowChanged.connect(self._show_licence)
        self.licence = named(QPlainTextEdit(), "licence text", "Text of the licence")
        self.licence.setReadOnly(True)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.addWidget(self.list)
        both.addWidget(self.licence)
        both.setSizes([theme.px(250), theme.px(400)])
        for page in (self.report, both):
            self._pages.addWidget(page)
        self._pages.setMinimumSize(theme.px(660), theme.px(320))
        self.tabs = named(Segmented((("info", "This installation"), ("licences", "Licences"))), "about pages", "Pages")
        self.tabs.chosen.connect(self._turn)
        number = f"Version {version()}" if version() else "Not installed: run from its folder"
        self.inside.addWidget(Label(WORDS, "body", "text_2", wrap=True))
        self.inside.addWidget(Label(f"{number} · MIT licence, © 2026 Latent Playground contributors", "body", "text"))
        self.inside.addLayout(layouts.row(self.tabs, layouts.STRETCH))
        self.inside.addWidget(self._pages, 1)
        self.inside.addLayout(self._foot())
        self._load()

    def _turn(self, key: str) -> None:
        self._pages.setCurrentIndex(int(key == "licences"))
        self.list.doItemsLayout()  # with the heights of the style sheet, which it gets when it is shown

    def _foot(self) -> QHBoxLayout:
        self._copy = named(Button("Copy for a report", height=32), "copy report")
        self._copy.setEnabled(False)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.report.toPlainText()))
        close = named(Button("Close", key="Esc", height=32), "close about")
        close.clicked.connect(self.accept)
        return layouts.row(self._copy, layouts.STRETCH, close, spacing=theme.px(8))

    def _load(self) -> None:
        self._loading = Loading(lambda report: (text(info()), licences()))
        self._loading.done.connect(self._show)
        self._loading.failed.connect(self._fail)
        self._loading.start()

    def _fail(self, sentence: str, details: str) -> None:
        self.report.setPlainText(f"{sentence}\n\n{details}")
        self._copy.setEnabled(True)

    def _show(self, found: tuple[str, list[Licence]]) -> None:
        report, self._all = found
        self.report.setPlainText(report)
        self._copy.setEnabled(True)
        for each in self._all:
            self.list.addItem(" ".join(filter(None, (each.name, each.version))))
        self.list.setCurrentRow(0)

    def _show_licence(self, row: int) -> None:
        if 0 <= row < len(self._all):
            one = self._all[row]
            self.licence.setPlainText(f"{one.name}, {one.kind}: {one.licence}\n\n{one.read()}")
