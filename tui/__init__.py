"""The wizard: shows and asks. All work is done by jobs of the engine."""

import os

from tui.terminal import set_textual_environment

# Textual reads its settings once, when it is imported; every module of this package is imported after this line.
set_textual_environment(os.environ)
