"""SYN: what does not parse, and comments that no longer do anything."""
