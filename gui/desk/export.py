"""Pictures and data of widgets, copied or written where the user wants them: one menu for all."""

from __future__ import annotations

import base64
import contextlib
import functools
import html
import io
import math
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import shiboken6
from PySide6.QtCore import QBuffer, QCoreApplication, QEvent, QEventLoop, QIODevice, QMarginsF, QSizeF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageSize,
    QPainter,
    QPdfWriter,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from core.foundation.files import FileError
from core.foundation.slices import Work
from gui.desk.desk import Desk
from gui.desk.pieces import pieces
from gui.desk.writing import ask_place
from gui.drawing import theme
from gui.drawing.painting import keeping_stills, mark, painting, picture_at
from gui.widgets.offer import Act, Offer, csv_of, numbered

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.foundation.arrays import Floats

T = TypeVar("T")
Kind = Literal["png", "svg", "pdf"]
KINDS: tuple[tuple[str, Kind, int], ...] = (
    ("PNG …", "png", 1),
    ("PNG, 2 × as large …", "png", 2),
    ("PNG, 4 × as large …", "png", 4),
    ("SVG …", "svg", 1),
    ("PDF …", "pdf", 1),
)
"""Words of a format of pictures, its ending, and how many times larger the picture is."""
DRAWN_RATIO = 4
"""Pixels per pixel of what is no line and no word in an SVG or PDF, up to `MOST_DRAWN` pixels."""
MOST_DRAWN = 4_000_000
"""Most pixels of one widget there: Qt packs them while it paints, and the window waits."""
TURN_S = 0.016
"""CPU time of painting after which events are served, s. A piece may take longer."""
_TEXT = re.compile(r"<text([^>]*)>([^<]+)</text>")
_SIZE = re.compile(r'font-size="([\d.]+)"')
_WEIGHT = re.compile(r'font-weight="(\d+)"')
DOTS_PER_INCH = 96
"""Of a widget's pixels, which decide how large a page is."""


def export_picture(owner: QWidget, desk: Desk, name: str, picture: Callable[[], QImage]) -> None:
    """Ask for a path, proposing ``name``, and write a PNG there. An error opens a dialog."""
    path = _ask(owner, "Picture", name, desk.places.pictures)
    if path is not None:
        image = picture()
        desk.writing.write(owner, "Picture", path, lambda: png(image))


class Outlet:
    """Copies and saves what the widgets of a window offer, and its own picture."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        self._window, self._desk = window, desk

    def menu(self, widget: QWidget, offer: Offer) -> QMenu:
        """The menu of a widget: what is done with what lies there, copy and save its picture, and its data where there
        are any."""
        menu = QMenu(self._window)
        menu.setObjectName("copy and save")
        menu.setToolTipsVisible(True)
        _add(menu, offer.here)
        if offer.here:
            menu.addSeparator()
        menu.addAction("Copy picture", lambda: self.copy_picture(widget, offer.title))
        saving = menu.addMenu("Save picture")
        for words, kind, ratio in KINDS:
            if kind == "png" or offer.is_drawn:
                act = functools.partial(self.save_picture, widget, offer.title, kind, ratio)
                saving.addAction(words, act)
        table, array = offer.table, offer.array
        if table is not None or array is not None:
            menu.addSeparator()
        if table is not None:
            menu.addAction("Copy data", lambda: self.copy_data(offer.title, table))
            menu.addAction("Save data as CSV …", lambda: self.save_table(offer.title, table))
        whole = offer.whole
        if whole is not None:
            menu.addAction("Save all data as CSV …", lambda: self.save_table(offer.title, whole))
        if array is not None:
            menu.addAction("Save data as NPY …", lambda: self.save_array(offer.title, array))
        if offer.acts:
            menu.addSeparator()
        _add(menu, offer.acts)
        return menu

    def copy(self, widget: QWidget, offer: Offer) -> None:
        """Copy the data of a table, the picture of anything else."""
        if offer.is_table and offer.table is not None:
            self.copy_data(offer.title, offer.table)
        else:
            self.copy_picture(widget, offer.title)

    def copy_picture(self, widget: QWidget, title: str) -> None:
        """Put the picture of a widget on the clipboard."""
        QGuiApplication.clipboard().setImage(self._in_turns(picture_of(widget, 1)))
        self._desk.told.emit(f"{title}: the picture is copied.", "note")

    def copy_data(self, title: str, table: Callable[[], str]) -> None:
        """Put CSV on the clipboard."""
        QGuiApplication.clipboard().setText(table())
        self._desk.told.emit(f"{title}: the numbers are copied as CSV.", "note")

    def save_picture(self, widget: QWidget, title: str, kind: Kind, ratio: int) -> None:
        """Ask for a path and write the picture of a widget there, as it is when the path is chosen."""
        path = _ask(self._window, "Picture", f"{file_name(title)}.{kind}", self._desk.places.pictures)
        if path is None:
            return
        if not shiboken6.isValid(widget):
            self._desk.told.emit(f"{title}: it was closed before its picture was taken.", "warn")
            return
        self._desk.writing.write(self._window, "Picture", path, self._in_turns(_content(widget, kind, ratio)))

    def _in_turns(self, work: Work[T]) -> T:
        """Do work that paints, serve events after every `TURN_S`, and return its result.

        A window takes 0.3 s. So that its picture is of one moment, input waits, and nothing trains or is drawn anew.
        """
        while True:
            self._desk.make_way()
            until = time.thread_time() + TURN_S
            try:
                while time.thread_time() < until:
                    next(work)
            except StopIteration as done:
                result: T = done.value
                return result
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)

    def save_table(self, title: str, table: Callable[[], str]) -> None:
        """Ask for a path and write CSV there."""
        self._save("Data", f"{file_name(title)}.csv", table().encode)

    def save_array(self, title: str, array: npt.NDArray[np.generic]) -> None:
        """Ask for a path and write an array there."""
        self._save("Data", f"{file_name(title)}.npy", functools.partial(npy, array))

    def _save(self, what: str, name: str, content: Callable[[], bytes]) -> None:
        path = _ask(self._window, what, name, self._desk.places.pictures)
        if path is not None:
            self._desk.writing.write(self._window, what, path, content)


def _add(menu: QMenu, acts: Sequence[Act]) -> None:
    for each in acts:
        action = menu.addAction(each.words, each.do)
        action.setEnabled(each.is_enabled)
        action.setToolTip(each.why_not)
        action.setCheckable(each.is_on is not None)
        action.setChecked(bool(each.is_on))


def file_name(title: str) -> str:
    """A name for a file, without an ending: letters and digits of a title, joined by hyphens."""
    words = "".join(letter if letter.isalnum() else " " for letter in title.lower()).split()
    return "-".join(words)[:80] or "latent-playground"


def decoded_table(data: Dataset, z: Floats, points: Floats | None, behind: Floats | None = None) -> str:
    """Codes z (N, D) as CSV, after the points (N, K) that they decode to; of a table with its names and values.

    Data points ``behind`` them (M, K) follow, without codes; the first column then says which a row is.
    """
    if points is None:
        return csv_of(numbered("z", z))
    columns = _point_columns(data, points)
    codes = {f"code {name}" if name in columns else name: values for name, values in numbered("z", z).items()}
    if behind is None:
        return csv_of({**columns, **codes})
    kinds = ["sample"] * len(points) + ["data"] * len(behind)
    whole = {name: [*columns[name], *values] for name, values in _point_columns(data, behind).items()}
    without = [None] * len(behind)
    return csv_of({"drawn": kinds, **whole, **{name: [*values, *without] for name, values in codes.items()}})


def _point_columns(data: Dataset, points: Floats) -> dict[str, npt.NDArray[np.floating[Any]]]:
    """The columns of points (N, K); of a table with its names and values."""
    if data.columns is None:
        return numbered("x", points)
    return dict(zip(data.columns.names, data.columns.values(points[..., None, None]).T, strict=True))


# --- pictures --------------------------------------------------------------------------------------------------------


def _at_rest(widget: QWidget) -> None:
    """Take away what a widget shows only of the mouse over it: an outline, a reading."""
    for each in (widget, *widget.findChildren(QWidget)):
        if each.underMouse():
            QApplication.sendEvent(each, QEvent(QEvent.Type.Leave))


def picture_of(widget: QWidget, ratio: int) -> Work[QImage]:
    """A widget as a picture with ``ratio`` pixels per pixel of the widget; a null one where there is no memory."""
    image = QImage(widget.size() * ratio, QImage.Format.Format_RGB32)
    if not image.isNull():
        image.setDevicePixelRatio(ratio)
        with painting(image) as painter:
            yield from _draw(widget, painter, lambda _: ratio)
    return image


def png(image: QImage) -> bytes:
    """A picture as PNG. Raises `FileError` where there is no memory for it."""
    buffer = _buffer()
    if not QImageWriter(buffer, b"png").write(image):
        raise FileError("there is not enough memory for this picture; take a smaller one")
    return bytes(buffer.data().data())


def svg(widget: QWidget) -> Work[Callable[[], bytes]]:
    """A widget as SVG: lines and words stay such, what rests as pixels is `DRAWN_RATIO` times as fine.

    The function that comes of it encodes those, in any thread.
    """
    buffer, generator = _buffer(), QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # 1.2 Tiny knows no clipping
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    generator.setResolution(DOTS_PER_INCH)
    generator.setTitle(widget.accessibleName())
    stills: list[QImage] = []
    with painting(generator) as painter:
        yield from _draw(widget, painter, _drawn_ratio, stills)
    drawn = _TEXT.sub(_with_length, bytes(buffer.data().data()).decode()).encode()
    return functools.partial(_with_stills, drawn, stills)


def _with_stills(drawn: bytes, stills: Sequence[QImage]) -> bytes:
    """An SVG with the pictures that marks stand for (`keeping_stills`)."""
    for number, still in enumerate(stills):
        drawn = drawn.replace(base64.b64encode(png(mark(number))), base64.b64encode(png(still)))
    return drawn


def _with_length(match: re.Match[str]) -> str:
    """A ``text`` of SVG with its length in our font: in that of another machine it would run into its neighbours."""
    attributes, words = match[1], match[2]
    if 'font-family="Inter"' not in attributes:
        return match[0]
    face = theme.font("body")
    face.setPixelSize(round(float(_SIZE.findall(attributes)[0])))
    face.setWeight(QFont.Weight(int(_WEIGHT.findall(attributes)[0])))
    length = QFontMetricsF(face).horizontalAdvance(html.unescape(words))
    families = attributes.replace('"Inter"', '"Inter, system-ui, sans-serif"')
    return f'<text{families} textLength="{length:.2f}" lengthAdjust="spacingAndGlyphs">{words}</text>'


def pdf(widget: QWidget) -> Work[bytes]:
    """A widget as one page of its own size."""
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setResolution(DOTS_PER_INCH)
    inches = QSizeF(widget.size()) / DOTS_PER_INCH
    writer.setPageSize(QPageSize(inches, QPageSize.Unit.Inch, "", QPageSize.SizeMatchPolicy.ExactMatch))
    writer.setPageMargins(QMarginsF())
    with painting(writer) as painter:
        yield from _draw(widget, painter, _drawn_ratio)
    return bytes(buffer.data().data())


def _draw(
    widget: QWidget, painter: QPainter, ratio_of: Callable[[QWidget], float], stills: list[QImage] | None = None
) -> Work[None]:
    """Paint a widget piece by piece. ``ratio_of``: pixels per pixel of what rests as pixels."""
    _at_rest(widget)
    painter.fillRect(widget.rect(), QColor(theme.current().window))
    for each, paint_piece in pieces(widget, painter):
        keeping = contextlib.nullcontext() if stills is None else keeping_stills(stills)
        with picture_at(ratio_of(each)), keeping:
            paint_piece()
        yield


def _drawn_ratio(widget: QWidget) -> float:
    return max(1.0, min(DRAWN_RATIO, math.sqrt(MOST_DRAWN / max(1, widget.width() * widget.height()))))


def _content(widget: QWidget, kind: Kind, ratio: int) -> Work[Callable[[], bytes]]:
    """What returns the file: painted by this work, encoded when it is called."""
    if kind == "svg":
        return (yield from svg(widget))
    if kind == "pdf":
        page = yield from pdf(widget)
        return lambda: page
    image = yield from picture_of(widget, ratio)
    return lambda: png(image)


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer


def npy(array: npt.NDArray[np.generic]) -> bytes:
    """An array as NPY."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


# --- files -----------------------------------------------------------------------------------------------------------


def _ask(owner: QWidget, what: str, name: str, folder: str) -> Path | None:
    """Ask where a file is to be written, proposing ``name`` in ``folder``; None where the user changes his mind."""
    ending = name.rpartition(".")[2]
    return ask_place(owner, f"Save the {what.lower()}", name, [(ending.upper(), f".{ending}")], folder)
