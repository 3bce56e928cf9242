"""What the rules about declaring free-threading support have in common: what is at stake, and what a declaration is."""

CONSEQUENCE = "importing it on a free-threaded build turns the GIL on for the whole process"
PROMISE = (
    "That is a promise, not a proof: make it when several threads may run this code at a time, and test it with"
    " threads. See https://docs.python.org/3/howto/free-threading-extensions.html."
)
