"""An engine obeys what follows on what was said, and ends the link with a sentence at anything else."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.cli.main import main
from core.datasets.base import Dataset
from core.engine.commands import Start
from core.engine.threads import ThreadEngine
from core.foundation.user_error import UserError
from core.models.base import MODELS
from core.probes.samples import SamplesLook
from core.remote import homes
from core.remote.changes import Weights
from core.remote.engine import RemoteEngine
from core.remote.messages import (
    Ask,
    AskMeasures,
    Data,
    Employ,
    Ended,
    ForgetData,
    Ready,
    RestartOf,
    Say,
    Seen,
    Split,
    WantRealSide,
)
from core.remote.process import ProcessEngine
from core.remote.server import Server
from core.remote.vocabulary import codec
from core.remote.weights import Rebuilder, weights_of
from core.training.setup import Setup
from core.training.snapshot import Snapshot

SPLIT = Split(np.zeros((8, 1, 28, 28), np.uint8), None, None)
DATA = Data(1, "tiny", "Tiny", SPLIT, SPLIT, (), (), None, None)
AE = MODELS.get("ae").Config()


@pytest.fixture
def server() -> Iterator[Server]:
    engine = ThreadEngine()
    yield Server(engine, lambda message: None, {})
    assert engine.close(10.0)


@pytest.mark.parametrize(
    ("message", "says"),
    [
        (Say(1, Start()), "no run 1"),
        (Seen(-1, 3), "no run -1"),
        (Ask(1, SamplesLook(1, 1), 1), "no run 1"),
        (AskMeasures(7, (), "prior", "at once", 1), "no run 7"),
        (RestartOf(1, None, None, 4, None, None), "no data 4"),
        (ForgetData(2), "no data 2"),
        (WantRealSide(0), "no data 0"),
        (Employ(1, "AE", "ae", AE, Setup(), 3, 1), "no data 3"),
        (Employ(2, "AE", "ae", AE, Setup(), 1, 1), "cannot follow"),
        (Ready("here", 1, ()), "does not obey"),
    ],
)
def test_what_names_nothing_is_one_sentence(server: Server, message: Any, says: str) -> None:
    server.obey(DATA)
    with pytest.raises(UserError, match=says):
        server.obey(message)


def test_a_window_knows_only_what_an_engine_says() -> None:
    engine = RemoteEngine(lambda message: None, codec())
    for message in (DATA, Ended(1), Ready("here", 1, (("Start", "when"),))):
        with pytest.raises(UserError, match=r"does not know|no run 1|differs in Start"):
            engine.take(message)
    assert engine.close(1.0)


@pytest.mark.parametrize(
    ("sent", "status", "says"),
    [(b"", 0, ""), (b"GET / HTTP/1.1\r\n\r\n", 1, "other side"), (b"LATENTPG\0\1\0\0\0\7", 1, "in the middle")],
)
def test_an_engine_ends_with_what_it_hears(sent: bytes, status: int, says: str) -> None:
    ended = subprocess.run([sys.executable, "-m", "core", "engine"], input=sent, capture_output=True, timeout=60)
    assert ended.returncode == status, ended.stderr
    assert says.encode() in ended.stderr
    assert b"Traceback" not in ended.stderr


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is not its child")
def test_an_engine_ends_with_a_window_that_is_killed(tmp_path: Path) -> None:
    window = (
        "import os, signal; from core.remote.process import ProcessEngine; engine = ProcessEngine();"
        "print(engine.process.pid, flush=True); input(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": {**os.environ, "TMPDIR": str(tmp_path)}}
    with subprocess.Popen([sys.executable, "-c", window], **pipes) as process:  # type: ignore[call-overload]
        engine = os.pidfd_open(int(process.stdout.readline()))
        process.stdin.write(b"\n")
    assert process.returncode == -9
    assert select.select([engine], [], [], 30.0)[0]
    os.close(engine)
    assert os.listdir(tmp_path) == []


def test_starting_a_process_for_the_engine_waits_for_nothing_heavy() -> None:
    spawned = "from core.remote.spawn import Spawned; import sys; Spawned(['true']);"
    ended = subprocess.run(
        [sys.executable, "-c", f"{spawned} print({{'torch', 'numpy', 'msgpack'}} & sys.modules.keys())"],
        capture_output=True,
        check=True,
    )
    assert ended.stdout.strip() == b"set()"


def test_where_no_process_can_be_started_threads_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    engine, says = homes.engine_at("process")
    assert isinstance(engine, ThreadEngine)
    assert says == "No process can be started for training (no more processes); it trains in this one."
    assert engine.close(5.0)
    with pytest.raises(OSError, match="no more processes"):
        ProcessEngine()


def test_a_home_that_does_not_exist_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--engine", "elsewhere"]) == 2
    assert "invalid choice: 'elsewhere'" in capsys.readouterr().err


@pytest.mark.parametrize("network", ["mlp", "conv"])
@pytest.mark.parametrize("name", ["ae", "vae", "gan", "sparse_ae", "wgan_gp"])
def test_a_snapshot_decodes_the_same_after_the_way(name: str, network: str, tiny: Callable[..., Dataset]) -> None:
    from core.engine.experiment import Experiment

    experiment = Experiment(Setup(network=network, batch=16, device="cpu", threads=1), tiny(), [name])
    run = experiment.runs[0]
    run.step(2)
    assert run.board.wait(lambda view: view.status.state == "paused", 30)
    snapshot = run.snapshot
    assert snapshot is not None
    assert experiment.close()
    sent = weights_of(1, snapshot, network)
    rebuilder = Rebuilder(name)
    for made in (rebuilder.snapshot(sent), rebuilder.snapshot(sent)):  # the second is a copy of the first's model
        z = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
        assert np.array_equal(made.decode(z), snapshot.decode(z))
        assert not any(parameter.requires_grad for parameter in made.model.parameters())
    _refuses(rebuilder, sent, snapshot)


def _refuses(rebuilder: Rebuilder, sent: Weights, snapshot: Snapshot) -> None:
    import dataclasses

    name = next(iter(sent.tensors))
    for tensors in (
        {},
        {**sent.tensors, name: np.zeros(3, np.float32)},
        {**sent.tensors, name: sent.tensors[name] > 0},
    ):
        with pytest.raises(ValueError, match=r"other names|not torch"):
            rebuilder.snapshot(dataclasses.replace(sent, tensors=tensors))
    assert snapshot.step == sent.step
