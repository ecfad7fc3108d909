"""The lecture's claim, measured: an autoencoder leaves more of N(0, 1) empty than a VAE does."""

from __future__ import annotations

from core.datasets.base import load
from core.experiment import Experiment
from core.ground import Ground
from core.metrics.base import METRICS, Measured
from core.setup import Setup
from core.subject import Subject
from core.work import finish

STEPS, PATIENCE_S = 300, 240.0


def test_after_a_short_training_the_ae_has_more_holes_than_the_vae() -> None:
    data = load("mnist")
    setup = Setup(network="mlp", batch=100, latent=2, seed=1, steps=STEPS, device="cpu", threads=1)
    experiment = Experiment(setup, data, ("ae", "vae"))
    shares: dict[str, Measured] = {}
    try:
        experiment.start()
        for run in experiment.runs:
            assert run.board.wait(lambda view: view.status.state == "finished", PATIENCE_S)
            snapshot = run.snapshot
            assert snapshot is not None
            assert snapshot.step == STEPS
            subject = Subject(snapshot, Ground(data))
            shares[run.model_name] = finish(METRICS.get("hole_share")().measure(subject))
    finally:
        assert experiment.close()
    assert shares["ae"].low > 1.5 * shares["vae"].high
