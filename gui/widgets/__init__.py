"""Controls. They know no run and no desk."""
