"""RMV: what is gone from the standard library."""
