"""Files of a project: which are checked, with which settings, and how they are mended."""
