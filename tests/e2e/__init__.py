"""The product as a person runs it."""
