"""Commands on their way: what is superseded, what goes first, and what a run will do then."""

from __future__ import annotations

import math
import threading

import pytest

from core.engine.commands import Command, GiveWay, Lend, Pause, Restart, RollBack, Set, Start, Step, Stop
from core.engine.inbox import Goal, Inbox
from core.foundation.mailbox import Mailbox, Refusal
from core.training.training import Training

RESTART = Restart(go=True)


def obeyed(*said: Command) -> list[Command]:
    """What a trainer takes out, to the end."""
    inbox = Inbox()
    for command in said:
        inbox.say(command)
    found = []
    while (command := inbox.next(0.0)) is not None:  # type: ignore[assignment]
        found.append(command)
    assert inbox.is_empty()
    return found


def test_of_several_values_of_a_knob_the_newest_counts() -> None:
    said = (Set("beta", 1.0), Set("lr", 0.1), Start(), Set("beta", 2.0), GiveWay(True), Set("beta", 3.0))
    assert obeyed(*said) == [Set("lr", 0.1), Start(), GiveWay(True), Set("beta", 3.0)]


@pytest.mark.parametrize("between", [RESTART, RollBack(), Lend(Mailbox[Training]())])
def test_what_sees_the_knobs_keeps_its_value_before_it(between: Command) -> None:
    said = (Set("beta", 1.0), Set("beta", 2.0), between, Set("beta", 2.0), Set("beta", 4.0))
    assert obeyed(*said) == [Set("beta", 2.0), between, Set("beta", 4.0)]


def test_a_value_said_while_an_older_one_is_obeyed_is_not_lost() -> None:
    inbox = Inbox()
    inbox.say(Set("beta", 1.0))
    assert inbox.next(0.0) == Set("beta", 1.0)
    inbox.say(Set("beta", 2.0))
    assert inbox.next(0.0) == Set("beta", 2.0)


def test_a_pause_acts_at_once_and_in_its_turn() -> None:
    assert obeyed(RESTART, Pause()) == [Pause(), RESTART, Pause()]
    assert obeyed(Pause(), RESTART) == [Pause(), RESTART]
    assert obeyed(RESTART, Pause(), Pause(), Start()) == [Pause(), RESTART, Pause(), Pause(), Start()]


def test_a_stop_drops_what_waits_and_answers_who_asked() -> None:
    answer = Mailbox[Training]()
    assert obeyed(RESTART, Set("beta", 1.0), Lend(answer), Stop()) == [Stop()]
    assert answer.take() == Refusal("the lane is closed")


def test_what_is_said_to_a_closed_one_is_answered() -> None:
    inbox, before, after = Inbox(), Mailbox[Training](), Mailbox[Training]()
    inbox.say(Lend(before))
    inbox.close()
    inbox.say(Lend(after))
    assert before.take() == after.take() == Refusal("the lane is closed")
    assert inbox.is_empty()


def test_only_the_last_of_many_restarts_has_none_ahead() -> None:
    inbox = Inbox()
    for _ in range(3):
        inbox.say(RESTART)
    waits = []
    while inbox.next(0.0) is not None:
        waits.append(inbox.restart_waits)
    assert waits == [True, True, False]


def test_waiting_ends_with_a_command() -> None:
    inbox = Inbox()
    taken: list[Command | None] = []
    thread = threading.Thread(target=lambda: taken.append(inbox.next(math.inf)))
    thread.start()
    inbox.say(Start())
    thread.join(30)
    assert taken == [Start()]
    assert inbox.next(0.001) is None


@pytest.mark.parametrize(
    ("said", "goal"),
    [
        ((Start(),), "train"),
        ((Start(), Set("beta", 1.0), GiveWay(True)), "train"),
        ((Start(), Step(5)), "train"),
        ((Step(5),), "step"),
        ((Start(), Pause()), "rest"),
        ((Start(), Restart(go=None)), "train"),
        ((Step(5), Restart(go=None)), "rest"),
        ((Start(), Restart(go=False)), "rest"),
        ((Restart(go=True), RollBack()), "train"),
        ((Start(), Stop()), "rest"),
    ],
)
def test_what_a_run_will_do_is_known_at_once(said: tuple[Command, ...], goal: Goal) -> None:
    inbox = Inbox()
    for command in said:
        inbox.say(command)
    assert inbox.goal == goal
    inbox.settle("rest")  # from before: what waits decides
    assert inbox.goal == goal
    while inbox.next(0.0) is not None:
        pass
    inbox.settle("rest")  # it came to its limit, for instance
    assert inbox.goal == "rest"


def test_a_restart_goes_on_as_what_was_said_before_it_will() -> None:
    assert obeyed(Start(), Restart(go=None)) == [Start(), Restart(go=True)]
    assert obeyed(Start(), Pause(), Restart(go=None)) == [Pause(), Start(), Pause(), Restart(go=False)]
