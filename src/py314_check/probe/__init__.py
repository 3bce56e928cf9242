"""What the interpreters of this machine do with threads and with the JIT, measured instead of promised.

``interpreters`` finds them, ``measure`` runs ``workload`` on them, ``report`` writes what came out. None of the rest of
the package is used, and none of the project that is checked.
"""
