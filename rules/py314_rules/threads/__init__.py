"""Python code that leaned on the GIL."""
