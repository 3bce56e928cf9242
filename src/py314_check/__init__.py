"""What breaks, changes or loses thread safety on Python 3.14 and free-threaded 3.14t."""

__version__ = "0.1.0"
