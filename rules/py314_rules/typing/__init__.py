"""Rules about PEP 742: TypeIs."""
