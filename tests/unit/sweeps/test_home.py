"""The sweep itself, with a home that computes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.sweeps import folder
from core.sweeps.asked import Asked
from core.sweeps.home import Happened, kinds, sweep
from core.sweeps.outcome import Outcome
from core.sweeps.plan import Plan, PlannedRun

PLAN = Plan(Asked({"steps": "5"}, {"beta": ("1", "2")}, seeds=(0, 1, 2)).runs())


class Pretended:
    """Ends each run at once; those of ``lost`` are lost so many times first."""

    words = "nowhere"

    def __init__(self, place: Path, slots: int = 2, lost: Mapping[int, int] | None = None, own_retries: bool = False):
        self.slots, self.own_retries, self._place = slots, own_retries, place
        self._lost = dict(lost or {})
        self._computed: list[PlannedRun] = []
        self.begun: list[int] = []
        self.most = 0
        self.has_stopped = False

    def begin(self, run: PlannedRun) -> None:
        self._computed.append(run)
        self.begun.append(run.number)
        self.most = max(self.most, len(self._computed))

    def wait(self, timeout_s: float) -> Sequence[Happened]:
        run = self._computed.pop(0)
        if self.has_stopped:
            return [Happened(run.number, "kept")]
        if self._lost.get(run.number, 0):
            self._lost[run.number] -= 1
            return [Happened(run.number, "lost", why="SIGKILL")]
        outcome = Outcome(run, folder.folder_of(self._place, run), "done", 5)
        outcome.folder.mkdir(parents=True, exist_ok=True)
        folder.write_result(outcome)
        return [Happened(run.number, "progress", 3, 0.6), Happened(run.number, "over"), Happened(77, "over")]

    def trial(self, runs: Sequence[PlannedRun], seconds: float) -> Mapping[int, float]:
        return {}

    def stop(self) -> None:
        self.has_stopped = True

    def close(self) -> None:
        pass


class Heard:
    def __init__(self) -> None:
        self.over_in_turn: list[int] = []
        self.again_in_turn: list[int] = []

    def begun(self, run: PlannedRun) -> None: ...

    def progress(self, happened: Happened) -> None: ...

    def over(self, outcome: Outcome) -> None:
        self.over_in_turn.append(outcome.run.number)

    def again(self, run: PlannedRun, why: str) -> None:
        self.again_in_turn.append(run.number)

    def tick(self) -> None: ...


def never() -> bool:
    return False


def test_all_runs_end_and_never_more_than_slots_at_once(tmp_path: Path) -> None:
    home, heard = Pretended(tmp_path), Heard()
    found = sweep(tmp_path, PLAN, folder.outcomes(tmp_path, PLAN), home, heard, 2, never)
    assert [each.state for each in found] == ["done"] * 6
    assert sorted(heard.over_in_turn) == list(range(6))
    assert home.most == 2


def test_a_lost_run_is_computed_again_and_then_given_up(tmp_path: Path) -> None:
    home, heard = Pretended(tmp_path, lost={1: 2, 3: 9}), Heard()
    found = sweep(tmp_path, PLAN, folder.outcomes(tmp_path, PLAN), home, heard, 2, never)
    assert [each.state for each in found] == ["done", "done", "done", "failed", "done", "done"]
    assert found[3].failure == "was lost 3 times: SIGKILL"
    assert sorted(heard.again_in_turn) == [1, 1, 3, 3]
    assert sorted(heard.over_in_turn) == list(range(6))  # none twice
    assert folder.outcomes(tmp_path, PLAN)[3].state == "waiting"  # another time it may work


def test_a_home_that_begins_again_by_itself_is_believed(tmp_path: Path) -> None:
    home, heard = Pretended(tmp_path, lost={1: 1}, own_retries=True), Heard()
    found = sweep(tmp_path, PLAN, folder.outcomes(tmp_path, PLAN), home, heard, 2, never)
    assert (found[1].state, found[1].failure, heard.again_in_turn) == ("failed", "was lost: SIGKILL", [])


def test_what_is_over_is_not_computed_again(tmp_path: Path) -> None:
    first = Pretended(tmp_path)
    stops = iter([False, False, True, True, True, True, True])
    found = sweep(tmp_path, PLAN, folder.outcomes(tmp_path, PLAN), first, Heard(), 2, lambda: next(stops))
    states = [each.state for each in found]
    assert states.count("done") == 3
    second = Pretended(tmp_path)
    found = sweep(tmp_path, PLAN, folder.outcomes(tmp_path, PLAN), second, Heard(), 2, never)
    assert [each.state for each in found] == ["done"] * 6
    assert sorted(second.begun) == [number for number, state in enumerate(states) if state != "done"]


def test_a_trial_takes_a_run_of_each_kind() -> None:
    runs = Asked({"steps": "5"}, {"model": ("ae", "vae"), "beta": ("1", "2"), "network": ("mlp", "conv")}).runs()
    tried = kinds(runs, 10)
    assert [(run.model, run.setup.network) for run in tried] == [
        ("ae", "mlp"),
        ("ae", "conv"),
        ("vae", "mlp"),
        ("vae", "conv"),
    ]
    assert kinds(runs, 2) == tried[:2]
