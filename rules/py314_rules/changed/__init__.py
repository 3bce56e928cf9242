"""CHG: what is still there and behaves differently."""
