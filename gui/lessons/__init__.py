"""The Lessons sheet."""
