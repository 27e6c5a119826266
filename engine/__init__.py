"""The engine: does all the work of tunesmith, with no terminal and no screen library."""

__version__ = "0.1.0"
