"""Rules about CPython's just-in-time compiler (PEP 744), which Python 3.14 has as an experiment."""
