"""Python code as libcst nodes.

``nodes`` and ``templates`` make code, with the parentheses that ``precedence`` asks for; ``user``
parses the expressions of users and puts values into them; ``layout`` prints what comes of it as
ruff's formatter would, by the ``shapes`` of nodes, their ``documents`` and the ``printer``.
"""
