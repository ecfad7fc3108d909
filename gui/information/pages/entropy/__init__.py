"""Entropy, cross-entropy, KL, Huffman's code, Gaussians, and a classifier's and a VAE's share in them."""
