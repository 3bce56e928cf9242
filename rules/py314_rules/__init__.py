"""The built-in rules of py314-check: a pack like any other, and the template for yours.

One small module a rule, in a folder a family; what Python did is kept as data under ``facts``.
"""
