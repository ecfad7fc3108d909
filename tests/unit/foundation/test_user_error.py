"""What errors say, where it stands alone."""

from __future__ import annotations

import pytest

from core.foundation.user_error import as_sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cannot write /a/b.gif: no room", "Cannot write /a/b.gif: no room."),
        ("it is done.", "It is done."),
        ("five.csv is empty", "five.csv is empty."),
        ("a/b is empty", "a/b is empty."),
        ("/a is empty", "/a is empty."),
    ],
)
def test_a_name_keeps_its_letters(text: str, sentence: str) -> None:
    assert as_sentence(text) == sentence
