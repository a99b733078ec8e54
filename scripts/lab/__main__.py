"""`python3 -m lab`: the entry that scripts/cyclone hands over to."""

import sys

from lab.cli import main

sys.exit(main(sys.argv[1:]))
