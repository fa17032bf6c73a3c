"""The calculus: the pushforwards and transposes of operations, and their use on whole computations.

``table`` and ``builtin_functions`` define both for each operation; the rest applies them to a
computation:

    push_forward          IR → IR, forward mode
    linearize, transpose  IR → IR, the two sweeps of reverse mode, with the ``linear`` part between them
    jacobians             mixed mode: an aggregate that brings its Jacobian along
    push_prefix           mixed mode: tangents pushed through the first stages
    derive_*              whole computations, and called ones
"""
