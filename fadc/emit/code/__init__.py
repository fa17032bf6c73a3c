"""Python code as libcst nodes.

``nodes`` and ``templates`` build code, with the parentheses that ``precedence`` requires; ``user``
parses the expressions of users; ``layout`` prints code as ruff's formatter would, by the ``shapes``
of nodes, their ``documents`` and the ``printer``.
"""
