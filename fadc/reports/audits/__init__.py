"""The audit's page: Markdown, JSON, and one self-contained HTML file."""
