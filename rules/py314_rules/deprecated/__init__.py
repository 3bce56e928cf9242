"""DPR: what is deprecated, with a removal ahead."""
