"""What each model learns, as text of a Python script: the same terms, in the same words, as the model's own file.

Lines that a knob makes idle are left out, so that a script says what this run did and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core.models.gan import PENALTY_EVERY
from core.models.wae import SCALES

Lines = list[str]


@dataclass(frozen=True)
class Facts:
    """What the text of a loss depends on: the knobs, the kind of data, and whether products are in bfloat16."""

    config: Any
    points: bool
    half: bool

    @property
    def single(self) -> str:
        """What makes a network's output float32, where it is not."""
        return ".float()" if self.half else ""

    def picture(self, outputs: str) -> str:
        """The mean of p(x|z) from a decoder's outputs."""
        return outputs if self.points else f"torch.sigmoid({outputs})"


# --- distortion ------------------------------------------------------------------------------------------------------


def distortion(facts: Facts) -> Lines:
    """The function ``distortion``."""
    config, logits = facts.config, f"logits{facts.single}"
    if config.likelihood == "bernoulli" and not facts.points:
        return [
            "def distortion(logits, x):",
            '    """-log p(x|z) in nats, mean over images, of Bernoulli pixels (Kingma & Welling 2014, C.1)."""',
            f'    return F.binary_cross_entropy_with_logits({logits}, x, reduction="sum") / len(x)',
        ]
    return [
        "def distortion(logits, x):",
        '    """-log p(x|z) in nats, mean over images, of a Gaussian with fixed sigma around each number."""',
        f'    squared = F.mse_loss({facts.picture(logits)}, x, reduction="sum") / len(x)',
        "    return squared / (2 * PIXEL_SIGMA**2) + x[0].numel() * math.log(PIXEL_SIGMA * math.sqrt(2 * math.pi))",
    ]


# --- autoencoders ----------------------------------------------------------------------------------------------------


def ae(facts: Facts) -> Lines:
    """The distortion alone."""
    return [
        "def objective(model, x, step, noise):",
        '    """The distortion alone (Hinton & Salakhutdinov 2006)."""',
        f"    code = model.code(x){facts.single}  # (N, D)",
        "    loss = distortion(model.decoder(code), x)",
        '    return loss, {"distortion": loss}',
    ]


def denoising_ae(facts: Facts) -> Lines:
    """The distortion of the clean image."""
    size = "x.shape" if facts.points else "(len(x), 1, *x.shape[2:])"
    clip = "" if facts.points else ".clamp_(0, 1)"
    kinds = {
        "gaussian": [f"    return (x + AMOUNT * torch.randn(x.shape, generator=noise)){clip}"],
        "masking": [
            f"    draw = torch.rand({size}, generator=noise)",
            "    return x * (draw >= AMOUNT)",
        ],
        "salt and pepper": [
            f"    draw = torch.rand({size}, generator=noise)",
            "    peppered = torch.where(draw < AMOUNT / 2, torch.zeros_like(x), x)",
            "    return torch.where(draw > 1 - AMOUNT / 2, torch.ones_like(x), peppered)",
        ],
    }
    return [
        "def corrupted(x, noise):",
        f'    """What the encoder is shown: {facts.config.corruption}."""',
        *kinds[facts.config.corruption],
        "",
        "def objective(model, x, step, noise):",
        '    """The distortion of the clean image, from the code of a corrupted one (Vincent et al. 2008)."""',
        f"    code = model.code(corrupted(x, noise)){facts.single}  # (N, D)",
        "    loss = distortion(model.decoder(code), x)",
        '    return loss, {"distortion": loss}',
    ]


def sparse_ae(facts: Facts) -> Lines:
    """Distortion and the price of active units."""
    if facts.config.penalty == "l1":
        code = ["    code = outputs"]
        price = ["    price = outputs.abs().sum() / len(x)"]
    else:
        code = ["    code = torch.sigmoid(outputs)"]
        price = [
            "    log_mean = torch.logsumexp(F.logsigmoid(outputs), 0) - math.log(len(x))  # (D,)",
            "    log_rest = torch.logsumexp(F.logsigmoid(-outputs), 0) - math.log(len(x))  # (D,)",
            "    on, off = math.log(TARGET) - log_mean, math.log1p(-TARGET) - log_rest",
            "    price = (TARGET * on + (1 - TARGET) * off).sum()",
        ]
    return [
        "def objective(model, x, step, noise):",
        '    """Distortion plus a penalty on active units of the code (Ng 2011)."""',
        f"    outputs = model.encoder(x){facts.single}  # (N, D)",
        *code,
        "    fit = distortion(model.decoder(code), x)",
        *price,
        "    loss = fit + SPARSITY * price",
        '    return loss, {"objective": loss, "distortion": fit, "sparsity": price}',
    ]


def wae(facts: Facts) -> Lines:
    """Distortion and MMD."""
    apart = ["    apart = mmd(code, torch.randn(code.shape, generator=noise))"]
    if facts.half:
        apart = [
            '    with torch.autocast("cpu", enabled=False):  # squared distances do not survive bfloat16',
            "        apart = mmd(code, torch.randn(code.shape, generator=noise))",
        ]
    return [
        "def kernel(a, b):",
        '    """Inverse multiquadratic kernel of points (N, D) and (M, D), summed over scales: (N, M)."""',
        "    square = (a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T).clamp_min(0)",
        "    sizes = [scale * 2 * a.shape[1] for scale in " + str(SCALES) + "]",
        "    return functools.reduce(torch.add, [c / (c + square) for c in sizes])",
        "",
        "def mmd(codes, prior):",
        '    """The squared maximum mean discrepancy of two sets of points (N, D), unbiased."""',
        "    count = len(codes)",
        "    if count < 2:",
        "        return 0.0 * codes.sum()",
        "    among_codes, among_prior = kernel(codes, codes), kernel(prior, prior)",
        "    within = among_codes.sum() + among_prior.sum() - among_codes.trace() - among_prior.trace()",
        "    return within / (count * (count - 1)) - 2 * kernel(codes, prior).mean()",
        "",
        "def objective(model, x, step, noise):",
        '    """Distortion plus the distance of all codes from the prior (Tolstikhin et al. 2018)."""',
        f"    code = model.code(x){facts.single}  # (N, D)",
        *apart,
        "    fit = distortion(model.decoder(code), x)",
        "    loss = fit + MMD_WEIGHT * apart",
        '    return loss, {"objective": loss, "distortion": fit, "mmd": apart}',
    ]


def vae(facts: Facts) -> Lines:
    """Distortion and beta times the rate."""
    config = facts.config
    beta = "BETA" if config.schedule == "constant" else "beta(step)"
    several = config.samples > 1
    repeat = "    mu_s, logvar_s, x = (each.repeat_interleave(SAMPLES, 0) for each in (mu, logvar, x))"
    mu, logvar = ("mu_s", "logvar_s") if several else ("mu", "logvar")
    paid = "rates.clamp_min(FREE_BITS).sum()" if config.free_bits > 0 else "rate"
    return [
        *_beta(config.schedule),
        "def objective(model, x, step, noise):",
        '    """Distortion plus beta times the rate (Kingma & Welling 2014; Higgins et al. 2017)."""',
        f"    mu, logvar = model.encoder(x){facts.single}.chunk(2, 1)  # (N, D), (N, D)",
        *([repeat] if several else []),
        f"    epsilon = torch.randn({mu}.shape, generator=noise)",
        f"    z = torch.addcmul({mu}, (0.5 * {logvar}).exp(), epsilon)",
        "    fit = distortion(model.decoder(z), x)",
        "    rates = (0.5 * (mu.square() + logvar.exp() - 1.0 - logvar)).mean(0)  # (D,), KL(q(z|x) || p(z))",
        "    rate = rates.sum()",
        f"    loss = fit + {beta} * {paid}",
        '    return loss, {"negative_elbo": fit + rate, "distortion": fit, "rate": rate, "objective": loss}',
    ]


def _beta(schedule: str) -> Lines:
    rules = {
        "warm-up": ("rises once", "min(1.0, step / SCHEDULE_STEPS)"),
        "cyclic": ("rises again and again", "min(1.0, 2.0 * (step % SCHEDULE_STEPS) / SCHEDULE_STEPS)"),
    }
    if schedule not in rules:
        return []
    said, rule = rules[schedule]
    return ["def beta(step):", f'    """The KL weight at a step: it {said}."""', f"    return BETA * {rule}", ""]


# --- adversarial models ----------------------------------------------------------------------------------------------

_DRAWN = "    drawn = model.draw(len(x), noise).detach()"


def gan(facts: Facts) -> Lines:
    """D's loss."""
    config = facts.config
    pack = "packed({})" if config.packing > 1 else "{}"
    real = "F.softplus(-real)" if config.smoothing == 1.0 else "(F.softplus(real) - SMOOTHING * real)"
    return [
        *(_PACKED if config.packing > 1 else []),
        "def judge_loss(model, x, step, noise):",
        '    """-E[log D(x)] - E[log(1 - D(G(z)))] (Goodfellow et al. 2014), and what is minimised."""',
        _DRAWN,
        f"    real, fake = model.judge(torch.cat([{pack.format('x')}, {pack.format('drawn')}])){facts.single}.chunk(2)",
        f"    loss = {real}.mean() + F.softplus(fake).mean()",
        *(_r1(facts, pack) if config.r1 > 0 else ['    return loss, {"d_loss": loss}']),
    ]


def _r1(facts: Facts, pack: str) -> Lines:
    per_unit = "" if facts.points else " / 4  # of pixels in [-1, 1]"
    return [
        "    penalty = 0.0",
        f"    if step % {PENALTY_EVERY} == 0:  # R1 (Mescheder et al. 2018)",
        f"        x = {pack.format('x')}.clone().requires_grad_()",
        f"        (slope,) = torch.autograd.grad(model.judge(x){facts.single}.sum(), x, create_graph=True)",
        f"        penalty = 0.5 * R1 * {PENALTY_EVERY} * slope.square().flatten(1).sum(1).mean(){per_unit}",
        '    return loss + penalty, {"d_loss": loss}',
    ]


_PACKED = [
    "def packed(x):",
    '    """Images (N, C, H, W) in packs (N // PACKING, PACKING * C, H, W) (Lin et al. 2018)."""',
    "    missing = PACKING - len(x)",
    "    if missing > 0:",
    "        x = x.repeat(1 + -(-missing // len(x)), 1, 1, 1)",
    "    packs = len(x) // PACKING",
    "    return x[: packs * PACKING].reshape(packs, -1, *x.shape[2:])",
    "",
]


def wgan_gp(facts: Facts) -> Lines:
    """The critic's loss."""
    per_unit = "" if facts.points else " / 2  # per unit of its input, pixels in [-1, 1]"
    return [
        "def judge_loss(model, x, step, noise):",
        '    """The critic\'s distance and gradient penalty (Gulrajani et al. 2017)."""',
        _DRAWN,
        "    between = torch.lerp(x, drawn, torch.rand(len(x), 1, 1, 1, generator=noise)).requires_grad_()",
        f"    on_real, on_drawn = model.judge(torch.cat([x, drawn])){facts.single}.chunk(2)",
        "    distance = on_real.mean() - on_drawn.mean()",
        f"    scores = model.judge(between){facts.single}{per_unit}",
        "    (slope,) = torch.autograd.grad(scores.sum(), between, create_graph=True)",
        "    penalty = PENALTY * (slope.flatten(1).square().sum(1).add(1e-12).sqrt() - 1).square().mean()",
        "    loss = penalty - distance",
        '    return loss, {"distance": distance, "d_loss": loss}',
    ]


def generator_loss(model: str, facts: Facts) -> str:
    """The expression of the generator's loss, with its meaning."""
    drawn = "model.draw(len(x), noise)"
    if model == "wgan_gp":
        return f"-model.judge({drawn}){facts.single}.mean()"
    packed = f"packed({drawn})" if facts.config.packing > 1 else drawn
    return f"F.softplus(-model.judge({packed}){facts.single}).mean()  # -E[log D(G(z))]"


LOSSES: dict[str, Callable[[Facts], Lines]] = {
    "ae": ae,
    "denoising_ae": denoising_ae,
    "sparse_ae": sparse_ae,
    "wae": wae,
    "vae": vae,
    "gan": gan,
    "wgan_gp": wgan_gp,
}
"""The text of each model's losses by the model's name."""
