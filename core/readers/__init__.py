"""File formats: one file each, from bytes or a folder to arrays. Whatever is read is hostile until checked."""
