"""Trial protocols as TOML data."""
