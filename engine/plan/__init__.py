"""Memory and time before a GPU-hour is spent."""
