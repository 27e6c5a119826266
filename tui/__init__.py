"""The wizard: shows and asks. All work is done by jobs of the engine."""
