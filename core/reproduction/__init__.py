"""``latent-playground reproduce``: published settings trained again, our numbers beside theirs."""
