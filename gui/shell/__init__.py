"""The window, its bars and commands, and the start of the app. Imports all of gui but bench."""
