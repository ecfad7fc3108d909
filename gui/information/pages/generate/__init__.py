"""New pictures beside their nearest training image."""
