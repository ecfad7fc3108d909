"""The Lessons sheet: lessons, their pages, and the glossary."""
