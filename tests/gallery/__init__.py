"""Each sample is held against its paper: the algorithm in plain NumPy, and what theory says of it."""
