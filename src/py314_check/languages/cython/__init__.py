"""Cython: directives, variables of modules and calls of the C API, told line by line."""
