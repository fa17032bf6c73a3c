"""The calculus: what pushforwards and transposes are, and how a computation is differentiated by them.

``table`` and ``builtin_functions`` say it of each operation; the rest carries it through a computation:

    push_forward          IR → IR, forward mode
    linearize, transpose  IR → IR, the two sweeps of reverse mode, with the ``linear`` part between them
    jacobians             mixed mode: an aggregate that brings its Jacobian along
    push_prefix           mixed mode: tangents pushed through the first stages
    derive_*              whole computations, and called ones
"""
