"""Nothing that the window says of points of a plane speaks of images, pictures or pixels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from core.datasets.base import SOURCES, Dataset, load
from core.datasets.table import TableConfig
from gui.drawing import paint
from gui.information.page import PAGES
from gui.side_panels.help_box import welcome
from gui.widgets import accessible
from gui.widgets.help_text import Help
from tests.gui.conftest import Stage
from tests.tables import five_columns

Open = Callable[..., Stage]
OF_IMAGES = re.compile(r"\b(image|picture|pixel)s?\b", re.IGNORECASE)
TRUE = (
    "Save picture",  # of a chart
    "The whole page as one picture, also what is scrolled away",
    "points have no pixels to count",
    "Points have no pixels",
    "These data are points: they have no faces. Take pictures, for instance the faces.",
    "Drawing needs grey images; these are points",
    "These data are points, not pictures",
    "New images",  # the page that needs images
)
"""What is said of images while the data are points, and is true."""


@pytest.fixture(scope="module")
def moons() -> Dataset:
    return load("moons", SOURCES.get("moons").Config(train_images=1000))


def _said(root: QWidget) -> Iterator[str]:
    """All texts of the widgets inside: shown, painted, of tooltips, for screen readers; hidden ones too."""
    accessible.install()
    for widget in root.findChildren(QWidget):
        if widget.objectName().startswith("lesson "):
            continue  # titles of lessons, whatever the data
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        spoken = QAccessible.queryAccessibleInterface(widget)
        if spoken is not None:
            yield spoken.text(QAccessible.Text.Value)
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
    yield from (words for _, words in paint.words_on(root))


def _helped(stage: Stage) -> list[str]:
    """The help of every knob of every lane and of the setup, as the help box shows it."""
    texts: list[str] = []

    def note(shown: Help | None) -> None:
        if shown is not None:
            texts.extend((shown.title, shown.text, shown.footer))

    stage.desk.helped.connect(note)
    for run in stage.desk.runs:
        stage.desk.select(run)
        stage.rest()
        for row in stage.window.findChildren(QWidget):
            if row.objectName().startswith("row ") and row.objectName() != "row toggle image":
                row.enterEvent(None)
    stage.desk.helped.disconnect(note)
    return texts


def test_the_help_box_forgets_the_words_of_other_data(desk_window: Open) -> None:
    """It said of digits how many numbers describe one point."""
    stage = desk_window(("ae",))
    box = stage.window.help
    stage.desk.help(Help("Latent dims", "How many numbers describe one image."))
    assert box._title.text() == "Latent dims"
    stage.desk.dataset_changed.emit()
    assert box._title.text() == welcome().title


@pytest.mark.parametrize("models", [("ae", "vae", "gan"), ("sparse_ae", "denoising_ae", "wae"), ("wgan_gp",)])
def test_points_are_called_points(desk_window: Open, moons: Dataset, models: tuple[str, ...]) -> None:
    """Every tab, every page, every knob; nothing shown before the data were read stays."""
    stage = desk_window(models, dataset=moons)
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    stage.until(stage.all_are("paused"))
    said = set(_helped(stage))
    for tab in ("lineup", "latent", "compare"):
        stage.window.show_tab(tab)
        stage.rest()
        said |= set(_said(stage.window))
    stage.window.show_tab("information")
    for page in PAGES.names():
        stage.window.information.show_page(page)
        stage.rest()
        said |= set(_said(stage.window))
    wrong = sorted(words for words in said if OF_IMAGES.search(words) and words not in TRUE)
    assert not wrong
    assert any("test point" in words for words in said)


def test_rows_of_a_table_are_called_points_and_keep_their_names(desk_window: Open) -> None:
    """As bars where pictures of images are; the plane and its layers are not there."""
    data = five_columns()
    stage = desk_window(("vae", "gan"), dataset=data)
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    stage.until(stage.all_are("paused"))
    said: set[str] = set()
    for tab in ("lineup", "latent", "compare"):
        stage.window.show_tab(tab)
        stage.rest()
        said |= set(_said(stage.window))
    wrong = sorted(words for words in said if OF_IMAGES.search(words) and words not in TRUE)
    assert not wrong
    assert "Bars from left to right: length, width, weight, share, depth" in said
    assert data.columns is not None
    shown = stage.window.input.image()
    assert shown is not None
    assert data.columns.said(shown) in said
    stage.window.show_tab("lineup")
    stage.until(lambda: stage.panel("samples", "vae")._mosaic.shown() > 0)
    stage.until(lambda: getattr(stage.panel("image", "vae")._pixels, "shape", ()) == (28, 28))
    assert not stage.panel("samples", "vae")._plot.isVisible()


def test_two_columns_are_a_plane(desk_window: Open, tmp_path: Path) -> None:
    place = tmp_path / "two.csv"
    place.write_text("x,y\n" + "\n".join(f"{i},{i * i % 97}" for i in range(200)))
    stage = desk_window(("vae",), dataset=load("table", TableConfig(str(place))))
    stage.rest()
    assert stage.panel("samples", "vae")._plot.isVisible()
    assert "Across and up: x, y" in set(_said(stage.window))


def test_images_are_called_images_again(desk_window: Open, moons: Dataset, digits: Dataset) -> None:
    stage = desk_window(("vae",), dataset=moons)
    desk, window = stage.desk, stage.window
    window.show_tab("information")
    window.information.show_page("entropy")
    stage.rest()
    desk.set_dataset(digits)
    stage.until(stage.all_are("ready"))
    stage.rest()
    said = set(_said(window))
    for words in ("All pixels", "Rate of this image", "Pixel σ", "Pictures from A to B", "32 images"):
        assert words in said
    assert not [words for words in said if re.search(r"\b(test|training) points?\b", words)]
