"""The window for choosing data: cards at left, at right what they hold. Nothing is trained on before "Use it"."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFileDialog, QLineEdit, QStackedWidget, QWidget

from core.foundation.quoted import name_of
from gui.desk.desk import Desk
from gui.desk.loading import Loading
from gui.drawing import theme
from gui.files.data_cards import CardList, DataCard, Offer
from gui.files.data_preview import DataPreview
from gui.files.epoch_time import duration
from gui.files.fetching import Fetch
from gui.files.offers import fetched_offer, file_filter
from gui.widgets import later, layouts
from gui.widgets.buttons import Button, PrimaryButton
from gui.widgets.dialogs import Dialog
from gui.widgets.label import Label
from gui.widgets.naming import named

if TYPE_CHECKING:
    from core.datasets.base import Dataset, Report, SourceConfig
    from core.datasets.first_look import FirstLook
    from gui.files.fetch_page import FetchPage

CARDS_PX = 506
"""Width of two columns of cards and a scroll bar, px."""
TALL_PX = 560
"""Height of cards and preview, px."""
SURE_S = 1.0
"""Time of reading after which the time left is told, s."""


class SearchField(QLineEdit):
    """A line of text; ``left`` is emitted by Down, and by Enter after words: on to what was found."""

    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Down or (is_enter and self.text()):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class DataSheet(Dialog):
    """Leaves the window to the user: it is no modal dialog, and lanes train on until `used` (`Dataset`, its config).

    One thing is read at a time: what is chosen now replaces what was looked at before. It opens without cards, which
    `fill` brings. Sets are fetched beside the reading, as long as it is open.
    """

    used = Signal(object, object)
    draw_wanted = Signal(str)  # name of a source that is drawn
    loading_started = Signal(object)  # a `Loading`, which whoever ends the program waits for

    def __init__(self, parent: QWidget, desk: Desk) -> None:
        super().__init__(parent, "Choose data")
        self.setObjectName("choose data")
        self._desk = desk
        self._tallest = parent.window().height() - 40
        self._name = ""
        self._config: SourceConfig | None = None
        self._reading: Loading | None = None
        self._wanted: Callable[[], None] | None = None  # what is read next, once the present reading has ended
        self._thumbnails: Loading | None = None
        self._started = 0.0
        self._uses = False  # the reading is that of everything, to be used
        self._is_untouched = True  # nothing has been chosen yet
        self._fetches: dict[str, Fetch] = {}
        self._page: FetchPage | None = None
        self.cards, self.preview = CardList(), DataPreview(desk)
        self._search = named(SearchField(), "search data", "Search")
        self._search.setPlaceholderText("Search")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self.cards.search)
        self._search.left.connect(self._choose_first)
        self._progress = named(Label("", "caption", "text_2", elided=True), "reading")
        self._stop = named(Button("Stop reading", height=32), "stop reading")
        self._use = named(PrimaryButton("Use it", "check"), "use data")
        self._shown = QStackedWidget()
        self._lay_out()
        self.cards.chosen.connect(self._look_at_offer)
        self.cards.used.connect(self._use_offer)
        self.preview.edited.connect(lambda config: self.look(self._name, config))
        self.preview.draw_wanted.connect(lambda: self.draw_wanted.emit(self._name))
        self._show_state()
        self._search.setFocus()

    def _lay_out(self) -> None:
        px = theme.px
        area = layouts.scrolled(self.cards, "Kinds of data")
        area.setFixedWidth(px(CARDS_PX))
        area.setMinimumHeight(px(240))
        self._left, self._foot = QWidget(), QWidget()
        layouts.column(self._search, (area, 1), spacing=px(8), margins=layouts.NO_MARGINS, on=self._left)
        self._shown.addWidget(self.preview)
        self._shown.setFixedWidth(self.preview.width())
        self.inside.addLayout(layouts.row(self._left, self._shown, spacing=px(16)), 1)
        self._lay_out_foot()
        self.inside.addWidget(self._foot)
        self.resize(self.sizeHint().width(), min(px(TALL_PX) + 110, self._tallest))

    def regions(self) -> Sequence[QWidget]:
        return self._left, self._shown, self._foot

    def _lay_out_foot(self) -> None:
        folder, file = (
            named(Button(words, "folder", height=32), name)
            for words, name in (("Open a folder …", "open folder"), ("Open a file …", "open file"))
        )
        folder.clicked.connect(self._ask_folder)
        file.clicked.connect(self._ask_file)
        self._stop.clicked.connect(self._stop_reading)
        close = named(Button("Close", key="Esc", height=32), "close data")
        close.clicked.connect(self.reject)
        self._use.clicked.connect(self.use)
        controls = (folder, file, (self._progress, 1), self._stop, close, self._use)
        layouts.row(*controls, spacing=theme.px(8), margins=layouts.NO_MARGINS, on=self._foot)

    # --- what is looked at -------------------------------------------------------------------------------------------

    def fill(self, offers: Sequence[Offer]) -> None:
        """Show a card for each offer."""
        self.cards.fill(offers)
        for card in self.cards.cards:
            if card.offer.remote is not None:
                fetch = self._fetches[card.offer.name] = Fetch(card.offer.remote, self)
                fetch.started.connect(self.loading_started)
                fetch.changed.connect(functools.partial(self._show_progress, card, fetch))
                fetch.fetched.connect(functools.partial(self._take_fetched, card, fetch))
                self._show_progress(card, fetch)
        self._next_thumbnails()

    def show_present(self, look: FirstLook) -> None:
        """Show the data that are trained on now, unless something was chosen before."""
        if not self._is_untouched:
            return
        self._name, self._config = look.name, look.config
        for card in self.cards.cards:
            if card.offer.name == look.name and card.offer.config == look.config:
                self.cards.mark(card.offer)
                later.after_frame(self, functools.partial(layouts.reveal, card))
        self.preview.show_look(look)
        self._show_state()

    def _look_at_offer(self, offer: Offer) -> None:
        if offer.remote is not None:
            self._show_fetch(self._fetches[offer.name])
        elif offer.config is not None:
            self.look(offer.name, offer.config, offer.title)

    def _use_offer(self, offer: Offer) -> None:
        if offer.remote is not None and self._page is not None:
            self._page.focus()  # nothing is fetched before its button is pressed
        elif self.preview.look is not None and self.preview.look.config == offer.config:
            self.use()

    def look(self, name: str, config: SourceConfig, title: str = "") -> None:
        """Look at data by their source; its knobs can then be changed."""
        from core.datasets.first_look import look_at

        before = self.preview.look
        same = before is not None and before.name == name
        self._shown.setCurrentWidget(self.preview)
        self._name, self._config = name, config
        self.preview.wait_for(title or (before.title if same and before is not None else name), config)
        self._read(lambda report: look_at(name, config, report, before), self._take_look)

    def look_into(self, place: str) -> None:
        """Look at a file or folder, by whichever source can read it."""
        from core.datasets.first_look import look_into

        self.cards.mark(None)
        self._shown.setCurrentWidget(self.preview)
        self.preview.wait_for_file(name_of(place))
        self._name, self._config = "", None
        self._read(lambda report: look_into(place, report), self._take_look)

    def _take_look(self, look: FirstLook) -> None:
        self._name, self._config = look.name, look.config
        self.preview.show_look(look)
        self._give_thumbnails(look)

    def _give_thumbnails(self, look: FirstLook) -> None:
        """Show the pictures of a look on its card too, if that has none yet."""
        from core.datasets.first_look import thumbnails_of

        for card in self.cards.cards:
            if card.waits_for_images() and (card.offer.name, card.offer.config) == (look.name, look.config):
                card.set_images(thumbnails_of(look))

    # --- what is fetched ---------------------------------------------------------------------------------------------

    def _show_fetch(self, fetch: Fetch) -> None:
        """Show what would be fetched, in the place of the preview."""
        from gui.files.fetch_page import FetchPage

        self._is_untouched = False
        self._stop_reading()
        self.preview.clear()
        self._name, self._config = "", None
        if self._page is None:
            self._page = FetchPage()
            self._shown.addWidget(self._page)
        self._page.show_fetch(fetch)
        self._shown.setCurrentWidget(self._page)
        self._show_state()

    def _show_progress(self, card: DataCard, fetch: Fetch) -> None:
        card.set_state(fetch.card_words(), fetch.share)

    def _take_fetched(self, card: DataCard, fetch: Fetch) -> None:
        """Replace the card of a set by that of its data, and look at them if its page is shown."""
        del self._fetches[fetch.remote.name]
        is_shown = card.isChecked()
        focused = self.focusWidget()
        on_page = focused is not None and self._page is not None and self._page.isAncestorOf(focused)
        had_focus = card.hasFocus() or (is_shown and on_page)
        self.cards.drop(card)
        self.cards.fill([fetched_offer(fetch.remote)])
        self._desk.told.emit(f"{fetch.remote.title} is here and can be trained on.", "note")
        if is_shown:
            if self.cards.cards[-1].isHidden():
                self._search.clear()
            self.cards.choose(self.cards.cards[-1])
        if had_focus:
            self.cards.cards[-1].setFocus(Qt.FocusReason.TabFocusReason)
        if self._thumbnails is None:
            self._next_thumbnails()

    # --- files -------------------------------------------------------------------------------------------------------

    def _ask_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "A folder of pictures, or of files of arrays")
        if folder:
            self.look_into(folder)

    def _ask_file(self) -> None:
        file, _ = QFileDialog.getOpenFileName(
            self, "An archive of pictures, a file of arrays, or a table", "", file_filter()
        )
        if file:
            self.look_into(file)

    # --- reading -----------------------------------------------------------------------------------------------------

    def use(self) -> None:
        """Train on what is shown. What was looked at in part only is read whole first; lanes train on meanwhile."""
        from core.datasets.shared import load

        look = self.preview.look
        if look is None or self._reading is not None or self._is_present(look):
            return
        if look.dataset is not None:
            self._finish(look.dataset, look.config)
            return
        name, config = look.name, look.config

        def done(dataset: Dataset) -> None:
            self._finish(dataset, config)

        self._read(lambda report: load(name, config, report), done, uses=True)

    def _finish(self, dataset: Dataset, config: SourceConfig) -> None:
        self.used.emit(dataset, config)
        self.accept()

    def _read(self, work: Callable[[Report], Any], done: Callable[[Any], None], *, uses: bool = False) -> None:
        """Run ``work`` in the background, after the reading in progress has been cancelled."""
        self._is_untouched = False
        self._wanted = lambda: self._start(work, done, uses)
        if self._reading is None:
            self._start_wanted()
        else:
            self._reading.cancel()

    def _start_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            wanted()
        else:
            self._show_state()

    def _start(self, work: Callable[[Report], Any], done: Callable[[Any], None], uses: bool) -> None:
        loading = Loading(work)
        self._reading, self._uses, self._started = loading, uses, time.monotonic()

        def end(then: Callable[[], None]) -> None:
            if self._reading is not loading:
                return
            self._reading, is_wanted = None, not loading.was_cancelled()
            self.preview.set_share(None)
            if is_wanted:
                then()
            self._start_wanted()

        loading.done.connect(lambda result: end(lambda: done(result)))
        loading.failed.connect(lambda sentence, details: end(lambda: self._fail(sentence, details, loading)))
        loading.cancelled.connect(lambda: end(lambda: None))
        loading.progressed.connect(lambda share: self._follow(loading, share))
        self.loading_started.emit(loading)
        loading.start()
        self._show_state()

    def _fail(self, sentence: str, details: str, loading: Loading) -> None:
        skipped = tuple(map(str, getattr(loading.error, "skipped", ())))
        self.preview.show_error(sentence, details, skipped)
        self._config = None

    def _follow(self, loading: Loading, share: float) -> None:
        if self._reading is loading and not loading.was_cancelled():
            self.preview.set_share(share)
            self._progress.setText(self._progress_words(share))

    def _progress_words(self, share: float) -> str:
        """How far the reading is: counts, and the time left once that can be told."""
        from core.datasets.images import count_at

        spent = time.monotonic() - self._started
        left = f" · about {duration(spent / share * (1 - share))} left" if spent > SURE_S and share > 0.05 else ""
        look = self.preview.look
        if not self._uses or look is None:
            return f"Reading{left}"
        total = look.train + look.test
        return f"Read {count_at(share, total):,} of {total:,}{left}"

    def _stop_reading(self) -> None:
        if self._reading is not None:
            self._wanted = None
            self._reading.cancel()
            self._progress.setText("Stopping …")

    def _show_state(self) -> None:
        reads = self._reading is not None
        self._stop.setVisible(reads)
        if not reads:
            self._progress.setText("")
        look = self.preview.look
        is_present = look is not None and self._is_present(look)
        ready = not reads and look is not None and not is_present
        self._use.setEnabled(ready)
        fetches = self._shown.currentWidget() is not self.preview
        why_not = "Get these data first" if fetches else "Choose data first"
        why_not = "The lanes train on these data now" if is_present else why_not
        why_not = "They are being read" if reads else why_not
        self._use.setToolTip("Every lane begins again on these data" if ready else why_not)

    def _is_present(self, look: FirstLook) -> bool:
        return look.dataset is not None and look.dataset is self._desk.experiment.dataset

    # --- thumbnails --------------------------------------------------------------------------------------------------

    def _next_thumbnails(self) -> None:
        """Make the thumbnails of the next card that has none, one card at a time."""
        card = next((card for card in self.cards.cards if card.isEnabled() and card.waits_for_images()), None)
        if card is None or card.offer.config is None:
            self._thumbnails = None
            return
        from core.datasets.first_look import thumbnails

        name, config = card.offer.name, card.offer.config
        loading = Loading(lambda report: thumbnails(name, config, report))

        def end(images: Any) -> None:
            if self._thumbnails is loading and not loading.was_cancelled():
                card.take_images(images)
                self._next_thumbnails()

        loading.done.connect(end)
        loading.failed.connect(lambda sentence, _: end(None))
        self._thumbnails = loading
        self.loading_started.emit(loading)
        loading.start()

    # --- keyboard and end --------------------------------------------------------------------------------------------

    def _choose_first(self) -> None:
        cards = self.cards.shown()
        if cards:
            cards[0].setFocus(Qt.FocusReason.TabFocusReason)
            self.cards.choose(cards[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.use()
        else:
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Close; what is read is given up."""
        self._wanted = None
        for fetch in self._fetches.values():
            fetch.leave()
        for loading in (self._reading, self._thumbnails):
            if loading is not None:
                loading.cancel()
        self._reading = self._thumbnails = None
        super().done(result)
