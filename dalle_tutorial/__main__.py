"""`python -m dalle_tutorial`: see `dalle_tutorial.cli`."""

import sys

from dalle_tutorial.cli import main

if __name__ == "__main__":
    sys.exit(main())
