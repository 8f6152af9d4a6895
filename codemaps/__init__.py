"""Code and unit maps as TOML data."""
