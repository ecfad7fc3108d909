"""Sparse and denoising: what each unit likes, and a corrupted image restored."""
