"""What commands print: diagnostics, costs and audits, in each format."""
