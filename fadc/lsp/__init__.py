"""The editor server: answers about texts as plain data, and a thin server that hands them out."""
