"""Where the lanes of a window are computed: what the command line says goes before the preference."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.cli import main
from core.foundation import cores
from core.foundation.settings_file import settings_file


class Stop(Exception):
    """The window would open now."""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The engines that were asked for, and whether by the command line. No window opens."""
    found: list[tuple[str, bool]] = []

    def coming(home: str, is_asked: bool) -> None:
        found.append((home, is_asked))
        raise Stop

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv(cores.THREADS, "")  # so that what the test sets is taken back
    monkeypatch.delenv(cores.THREADS)
    monkeypatch.setattr(main, "Coming", coming)
    return found


def prefer(*lines: str) -> None:
    path = settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(("[General]", *lines, "")))


@pytest.mark.parametrize(
    ("words", "expected"),
    [([], ("threads", False)), (["--engine", "process"], ("process", True)), (["--engine=ssh a b"], ("ssh a b", True))],
)
def test_the_command_line_goes_first(
    words: list[str], expected: tuple[str, bool], asked: list[tuple[str, bool]]
) -> None:
    prefer('engine=\\"threads\\"', "training_threads=1")
    with pytest.raises(Stop):
        main.main(words)
    assert asked == [expected]
    assert cores.asked_threads() == 1  # before any engine starts


@pytest.mark.parametrize("line", ['engine=\\"ssh evil\\"', "engine=7", "engine=", "engine=@Variant(x)"])
def test_a_preference_that_is_no_home_starts_the_default(line: str, asked: list[tuple[str, bool]]) -> None:
    prefer(line)  # a file must not name a command to run
    with pytest.raises(Stop):
        main.main([])
    assert asked == [("process", False)]
