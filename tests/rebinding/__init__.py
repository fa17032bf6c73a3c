"""Random programs that rebind few names at will, and what must hold of all their derivatives.

`programs.py` makes a program from a seed, `examination.py` derives it and looks for what is wrong,
`shrinking.py` makes a small program of one that fails. `python -m tests.rebinding`
does this for thousands.
"""
