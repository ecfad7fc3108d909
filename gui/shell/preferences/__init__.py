"""The dialog of preferences, a page a file, and what this program is. Imported when somebody opens one of them."""
