"""``python -m py314_check``, and the console script. Each worker process imports this module, so it imports little."""

import gc
import os
import sys


def main() -> None:
    """Runs the command line and ends the process."""
    gc.disable()  # what is imported stays: looking for garbage meanwhile is in vain
    from py314_check.cli import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    # `python -m` puts the current directory first on the path: what is checked there must not be imported.
    if sys.path[:1] in ([""], [os.getcwd()]):
        del sys.path[0]
    main()
