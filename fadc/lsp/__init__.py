"""The editor server: a thin server over functions that answer questions about texts."""
