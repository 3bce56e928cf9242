"""``python -m py314_check``."""

from py314_check.cli import main

if __name__ == "__main__":
    main()
