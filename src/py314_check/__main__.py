"""``python -m py314_check``."""

import os
import sys

# `python -m` puts the current directory first on the path: what is checked there must not be imported.
if sys.path[:1] in ([""], [os.getcwd()]):
    del sys.path[0]

from py314_check.cli import main

if __name__ == "__main__":
    main()
