"""Mixed mode: the stages of a computation, what each costs to differentiate, and the cheapest plan."""
