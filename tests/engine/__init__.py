"""The engine with real parts."""
