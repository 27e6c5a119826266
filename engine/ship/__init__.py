"""What may leave this machine: the adapter with its card, packed and locked with a passphrase."""
