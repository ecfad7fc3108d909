"""Benchmarks and a demo of the real window."""
