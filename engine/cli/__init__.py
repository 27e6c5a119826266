"""The command line: the wizard's headless twin. Same actions, same jobs, same project folder."""

from engine.cli.entry import main

__all__ = ["main"]
