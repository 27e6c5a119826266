"""`python -m engine.cli`: the command line where the script `tunesmith` is not installed."""

import sys

from engine.cli import main

sys.exit(main(sys.argv[1:]))
