"""Maps of the latent space between codes, and ways through it."""
