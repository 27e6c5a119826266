"""The command line: every step of the wizard without a screen, for scripts and for thin connections."""
