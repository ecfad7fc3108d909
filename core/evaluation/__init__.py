"""Both sides of every comparison, real and generated, and the classifier between them."""
