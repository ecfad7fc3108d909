"""The Lineup and Latent tabs."""
