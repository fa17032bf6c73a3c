"""The closure certificate: all values that cross between server and clients, by a module's text.

Nothing here uses the compiler's front end, its IR or its passes: the emitted text is read by other
code than the code that made it.
"""
