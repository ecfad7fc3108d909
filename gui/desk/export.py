"""Pictures of the window, written where the user wants them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QImage, QImageWriter
from PySide6.QtWidgets import QFileDialog, QWidget

from gui.desk.desk import Desk
from gui.widgets.dialogs import ErrorDialog


def export_picture(owner: QWidget, desk: Desk, name: str, picture: Callable[[], QImage]) -> None:
    """Ask for a path, proposing ``name``, and write a PNG there, whatever it ends in. An error opens a dialog."""
    path, _ = QFileDialog.getSaveFileName(owner, "Export a picture", name, "PNG (*.png)")
    if not path:
        return
    writer = QImageWriter(path, b"png")
    if writer.write(picture()):
        desk.told.emit(f"Picture saved as {path}.", "note")
        return
    sentence = f"{path} cannot be written; choose another place."
    desk.told.emit(sentence, "error")
    ErrorDialog(owner.window(), "Cannot save", sentence, f"{path}: {writer.errorString()}").open()
