"""Experiments with the derivatives that fadc emits: run them with `python -m samples.experiments.NAME`.

`programs/` has the federated programs, `derivatives/` what `fadc transform` makes of them, and
`derivatives.toml` the options. `data/` has the tasks, `models.py` what is trained on them, and
`report.py` and `plots.py` write the results.
"""
