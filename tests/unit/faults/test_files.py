"""Mutants of files: no reader lets any escape, and the harness would tell."""

from __future__ import annotations

from random import Random

import pytest

from core.faults.base import Fault
from core.faults.files import FAULTS, READERS, _Reader
from core.foundation.user_error import UserError


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_mutant_is_read_or_refused_in_one_sentence(fault: Fault) -> None:
    assert fault.run(fault.quick, 1) == []
    assert fault.full == 10_000


@pytest.mark.parametrize("name", [name for name in READERS if name != "modules"])
def test_a_seed_repeats_its_mutants(name: str) -> None:
    reader = READERS[name][1]
    mutants = [repr(reader.mutant(Random(f"3 {name} {number}"))) for number in range(20)]
    assert mutants == [repr(reader.mutant(Random(f"3 {name} {number}"))) for number in range(20)]
    assert len(set(mutants)) > 15


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RecursionError("too deep"), "RecursionError: too deep"),
        (UserError("two\nlines"), "no line that can be printed"),
        (UserError("x" * 1000), "has 1,000 characters"),
        (UserError(" "), "no line"),
        (UserError("it is too deep"), ""),
    ],
)
def test_a_reader_that_does_not_bear_a_mutant_is_found(error: Exception, words: str) -> None:
    def read(number: int) -> None:
        if number == 2:
            raise error

    numbers = iter(range(4))
    failures = _Reader("broken", lambda random: next(numbers), read).run(4, 9)
    assert len(failures) == bool(words)
    assert all(words in each and each.startswith("mutant 2 of seed 9: ") for each in failures)
