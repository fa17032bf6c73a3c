"""The commands of the command line, one file each: options in, a call of the compiler, text out.

All of them are imported at every start, so each imports its work when it is called.
"""
