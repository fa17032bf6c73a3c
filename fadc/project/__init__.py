"""A project's files: finding, checking and mending them, with their settings."""
