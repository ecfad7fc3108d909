"""Datasets and saved runs: choosing, drawing, saving, opening."""
