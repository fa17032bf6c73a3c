"""Programs whose derivatives went wrong once: each says at its top how it is derived.

- `args`: the arguments, `S(3)` a server vector, `C(3)` one at each client; `static`: the static ones;
- `wrt`, `result`: as in `transform`;
- `steps`: derivations, apart by `;`, each a chain of steps that are applied to one another by `>`.
"""
