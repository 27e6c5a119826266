"""Screens driven by Pilot."""
