"""The Lessons sheet: the list, a lesson's page, the glossary."""
