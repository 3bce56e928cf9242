"""What Python removed, changed and deprecated: one TOML table a subject, one fact a row."""
