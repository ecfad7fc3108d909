"""The ELBO of one image, taken apart."""
