"""A guest book for a small web site."""

__version__ = "1.4.2"
