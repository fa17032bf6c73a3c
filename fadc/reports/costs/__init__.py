"""The cost report: as tables for people, as JSON for tools."""
