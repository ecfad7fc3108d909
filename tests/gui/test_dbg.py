from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from gui.widgets.histogram_slider import HistogramSlider


def test_x(desk_window):
    stage = desk_window(("ae", "vae", "gan"), latent=10)
    stage.key("Space")
    stage.until(stage.stepped(20))
    stage.rest()
    stage.until(lambda: all(run.view.cloud is not None for run in (stage.run("ae"), stage.run("vae"))))
    s = stage.find(HistogramSlider, "z10")
    print(s.isVisible(), s.geometry(), s.parentWidget().geometry(), s.isEnabled(), s.hasFocus())
    s.setFocus(Qt.FocusReason.TabFocusReason)
    print(s.hasFocus(), QApplication.focusWidget(), QApplication.activeWindow(), QApplication.activePopupWidget())
    stage.key("PgUp")
    print(s.value(), stage.desk.cursor)
    print([(d.index, d.geometry().y(), d.slider.value()) for d in stage.window.point._dimensions])
