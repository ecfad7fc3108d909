"""Choosing, drawing, saving and opening data and runs."""
