"""How the three ways of estimating a gradient are named and coloured on the page."""

from __future__ import annotations

from core.theory.reparameterization import Estimator, Parameter

COLORS: dict[Estimator, str] = {"score": "info_p", "baseline": "info_kl", "through": "info_q"}
NAMES: dict[Estimator, str] = {
    "score": "Score function",
    "baseline": "Score − baseline",
    "through": "Through z = μ + σε",
}
LINES: dict[Parameter, dict[Estimator, str]] = {
    "mu": {
        "score": r"\p{\text{Score function } f(z) \cdot \varepsilon / \sigma}",
        "baseline": r"\kl{\text{Score} - \text{baseline } (f(z) - \mathbb{E} f) \cdot \varepsilon / \sigma}",
        "through": r"\q{\text{Through } z = \mu + \sigma \varepsilon \text{: } f'(z)}",
    },
    "sigma": {
        "score": r"\p{\text{Score function } f(z) \cdot (\varepsilon^2 - 1) / \sigma}",
        "baseline": r"\kl{\text{Score} - \text{baseline } (f(z) - \mathbb{E} f) \cdot (\varepsilon^2 - 1) / \sigma}",
        "through": r"\q{\text{Through } z = \mu + \sigma \varepsilon \text{: } f'(z) \cdot \varepsilon}",
    },
}
