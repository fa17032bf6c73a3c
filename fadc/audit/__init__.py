"""The closure certificate: what crosses between the server and the clients, read off a module's text.

Nothing here knows the compiler's front end, its IR or its passes: the text that came out is read by
other code than the code that made it.
"""
