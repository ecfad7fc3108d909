"""Painting, theme, icons, typesetting. Takes no input, knows no desk."""
