"""What leaves this machine: the encrypted adapter and its card."""
