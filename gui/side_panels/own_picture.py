"""The user's own picture as input: opened, pasted or dropped, and beside it what the models see of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QMimeData, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from core.foundation.arrays import Floats
from core.foundation.pixels import display
from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.drawing import theme
from gui.drawing.pictures import qimage
from gui.widgets import layouts
from gui.widgets.buttons import IconButton
from gui.widgets.image_view import ImageView
from gui.widgets.key_hints import Hint
from gui.widgets.naming import named

if TYPE_CHECKING:
    from core.datasets.base import Dataset, Report
    from core.datasets.own_picture import OwnPicture as Toned
    from core.datasets.own_picture import Tone

ORIGINAL_PX = 56
"""Size of the picture itself, px."""


def encoded(image: QImage) -> bytes:
    """An image of the clipboard as the content of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


class OwnPicture(QWidget):
    """The picture itself, and buttons to open or paste one and to swap dark and light. ``changed``: another is there.

    Files are read in the background; the newest request wins.
    """

    changed = Signal()
    paste_wanted = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._content = b""
        self._inverted: bool | None = None
        self._made: Toned | None = None
        self._tone: tuple[Dataset, Tone] | None = None
        self._reading: Loading | None = None
        self._original = ImageView(theme.px(ORIGINAL_PX), "None yet", border=True)
        self._original.set_smooth(True)
        self._original.setToolTip("The original; the models see what is at its left")
        self._open = named(IconButton("folder", "Open a file of your own", 24, filled=True, width=32), "open picture")
        self._paste = named(IconButton("enter", "", 24, filled=True, width=32), "paste picture")
        Hint(self._paste, "Paste from the clipboard", "paste")
        self._swap = named(IconButton("sun", "Swap dark and light", 24, filled=True, width=32), "swap tones")
        self._open.clicked.connect(self.ask)
        self._paste.clicked.connect(self.paste_wanted)
        self._swap.clicked.connect(self._invert)
        gap = theme.px(4)
        layouts.column(
            self._original,
            layouts.row(self._open, self._paste, self._swap, layouts.STRETCH, spacing=gap),
            spacing=gap,
            margins=layouts.NO_MARGINS,
            on=self,
        )

    def image(self) -> Floats | None:
        """What the models see (C, H, W) in [0, 1]; None while there is no picture."""
        return None if self._made is None else self._made.seen

    def ask(self) -> None:
        """Ask for a picture file and take it."""
        from core.readers.picture import ENDINGS

        kinds = " ".join(f"*{ending}" for ending in ENDINGS)
        file, _ = QFileDialog.getOpenFileName(self, "A picture of your own", "", f"Pictures ({kinds})")
        if file:
            self.take(file)

    def take(self, picture: str | QImage) -> None:
        """Take a picture file by its path, or an image of the clipboard."""
        if isinstance(picture, QImage):
            content = encoded(picture)
            self._read(lambda: content)
        else:
            self._read(lambda: _content_of(picture))

    def put(self, image: Floats) -> None:
        """Show an image (C, H, W) in [0, 1] that models saw another day; its original is not known any more."""
        from core.datasets.own_picture import OwnPicture as Toned

        pixels = display(image[None])[0]
        original = np.repeat(pixels[..., None], 3, -1) if pixels.ndim == 2 else pixels
        self._content, self._made = encoded(qimage(np.ascontiguousarray(original))), Toned(original, image, False)
        self._original.set_image(np.ascontiguousarray(original))
        self._swap.set_icon("sun")

    def forget(self) -> None:
        """Begin again on other data, with the same picture."""
        self._made = None
        if self._content and self._desk.is_open and not self._desk.experiment.dataset.points:
            content = self._content
            self._read(lambda: content)

    def _invert(self) -> None:
        if self._made is not None:
            self._inverted = not self._made.is_inverted
            content = self._content
            self._read(lambda: content, keeps_tone=True)

    def _read(self, bring: Callable[[], bytes], *, keeps_tone: bool = False) -> None:
        from core.datasets.own_picture import like_the_data, tone_of

        dataset = self._desk.experiment.dataset
        if not keeps_tone:
            self._inverted = None
        known, inverted = self._tone, self._inverted
        if self._reading is not None:
            self._reading.cancel()

        def work(report: Report) -> tuple[bytes, tuple[Dataset, Tone], Toned]:
            content = bring()
            tone = known if known is not None and known[0] is dataset else (dataset, tone_of(dataset))
            return content, tone, like_the_data(content, tone[1], inverted)

        loading = Loading(work)
        loading.done.connect(lambda result: self._show(loading, *result))
        loading.failed.connect(lambda sentence, _: self._refuse(loading, sentence))
        self._reading = loading
        loading.start()

    def _show(self, loading: Loading, content: bytes, tone: tuple[Dataset, Tone], made: Toned) -> None:
        if self._reading is not loading:
            return
        self._reading = None
        if tone[0] is not self._desk.experiment.dataset:  # the data have been replaced meanwhile
            return
        self._content, self._tone, self._made = content, tone, made
        self._original.set_image(np.ascontiguousarray(made.original))
        self._swap.set_icon("moon" if made.is_inverted else "sun")
        self.changed.emit()

    def _refuse(self, loading: Loading, sentence: str) -> None:
        if self._reading is loading:
            self._reading = None
            self._desk.told.emit(f"The picture {sentence}.", "warn")

    def stop(self) -> None:
        """Wait until nothing is read any more."""
        loading, self._reading = self._reading, None
        if loading is not None:
            loading.cancel()
            loading.wait()


def clipboard_picture() -> str | QImage | None:
    """The picture in the clipboard, or the path of a picture file that was copied; None where there is none."""
    from core.datasets.first_look import is_picture

    mime: QMimeData | None = QGuiApplication.clipboard().mimeData()
    if mime is None:  # of an empty clipboard
        return None
    for url in mime.urls():
        if url.isLocalFile() and is_picture(url.toLocalFile()):
            return url.toLocalFile()
    image = mime.imageData() if mime.hasImage() else None
    return image if isinstance(image, QImage) and not image.isNull() else None


def _content_of(path: str) -> bytes:
    """A picture file's content. Raises `EntryError`, also where it cannot be read."""
    from core.readers.container import EntryError, read_file, why_unreadable
    from core.readers.pictures import PICTURES

    try:
        return read_file(Path(path), PICTURES)
    except OSError as error:
        raise EntryError(f"{Path(path).name} {why_unreadable(error)}: choose another") from None
