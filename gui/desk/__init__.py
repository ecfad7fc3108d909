"""What the pages share: the experiment, the latent point, the clock and the display options."""
