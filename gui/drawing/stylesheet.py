"""The style sheet of Qt's own controls. Widgets of `gui.widgets` paint themselves and are not in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Template

# Corners of top-level windows stay square: rounding them needs a translucent window.
_SHEET = Template("""
QToolTip { background: $control; color: $text; border: 1px solid $line_strong; padding: ${p4}px ${p6}px; }
QMenuBar { background: $panel; color: $text; border-bottom: 1px solid $line; padding: 0 ${p8}px; }
QMenuBar::item { padding: ${p4}px ${p8}px; border-radius: 3px; background: transparent; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $control_hover; }
QMenu { background: $card; color: $text; border: 1px solid $line_strong; padding: ${p4}px; }
QMenu::item { padding: ${p4}px ${p24}px ${p4}px ${p12}px; border-radius: 3px; background: transparent; }
QMenu::item:selected { background: $control_hover; }
QMenu::item:disabled { color: $off; }
QMenu::separator { height: 1px; background: $line; margin: ${p4}px 0; }
QMenu::icon { padding-left: ${p8}px; }

QScrollArea, QAbstractScrollArea#plain { background: transparent; border: 0; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; border: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; border: 0; }
QScrollBar::handle { background: $track; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 24px; margin: 2px; }
QScrollBar::handle:horizontal { min-width: 24px; margin: 2px; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $line_strong; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; border: 0; background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser {
    background: $control; color: $text; border: 1px solid $control; border-radius: 4px;
    selection-background-color: $accent; selection-color: $on_accent;
}
QLineEdit { padding: 0 ${p6}px; min-height: ${p20}px; }
QPlainTextEdit, QTextEdit, QTextBrowser { padding: ${p4}px; }
QLineEdit:hover { background: $control_hover; border-color: $control_hover; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus { border-color: $accent; }
QLineEdit[refused="true"] { border-color: $error; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled {
    background: $panel; color: $off; border-color: $line;
}
QLineEdit#bare, QLineEdit#bare:hover, QLineEdit#bare:focus {
    background: transparent; border: 0; padding: 0; min-height: 0;
}

QDialog QPushButton {
    background: $control; color: $text; border: 2px solid $control; border-radius: 4px;
    padding: 0 ${p12}px; min-height: ${p24}px; font-weight: 500;
}
QDialog QPushButton:hover { background: $control_hover; border-color: $control_hover; }
QDialog QPushButton:pressed { background: $control_on; border-color: $control_on; }
QDialog QPushButton:default { background: $accent; border-color: $accent; color: $on_accent; }
QDialog QPushButton:focus { border-color: $line_strong; }
QDialog QPushButton:disabled { background: $panel; color: $off; border: 2px solid $line; }

QAbstractItemView {
    background: $panel; alternate-background-color: $card; color: $text; border: 1px solid $line;
    gridline-color: $line; outline: 0; selection-background-color: $control_hover; selection-color: $text;
}
QAbstractItemView::item { padding: 0 ${p4}px; min-height: ${p24}px; }
QAbstractItemView::item:hover { background: $control; }
QAbstractItemView::item:selected { background: $control_hover; color: $text; }
QAbstractItemView:focus { border-color: $accent; }
QHeaderView { background: $panel; border: 0; }
QHeaderView::section {
    background: $panel; color: $text_2; border: 0; border-bottom: 1px solid $line; padding: 0 ${p8}px;
    min-height: ${p24}px;
}
QTableCornerButton::section { background: $panel; border: 0; }
QListView#palette_list { background: $card; border: 0; }
QComboBox QAbstractItemView, QComboBox QAbstractItemView:focus {
    background: $card; border: 1px solid $line_strong; padding: ${p4}px;
}
QComboBox QAbstractItemView::item { border-radius: 3px; padding: 0 ${p6}px; }
QComboBox { combobox-popup: 0; }

QSplitter::handle { background: $line; }
QSplitter::handle:hover { background: $accent; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QProgressBar { background: $track; border: 0; border-radius: 2px; max-height: 4px; color: transparent; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }
""")


def stylesheet(colors: Mapping[str, str], px: Callable[[float], int]) -> str:
    """The style sheet for colours by token (``off`` is disabled text) and lengths scaled by ``px``."""
    lengths = {f"p{n}": px(n) for n in (4, 6, 8, 12, 20, 24)}
    return _SHEET.substitute(colors, **lengths)
