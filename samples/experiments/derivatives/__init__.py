"""What `fadc transform` makes of the programs; `derivatives.toml` says how."""
