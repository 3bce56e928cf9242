"""Under which environment variables, and with which Python, programs are run: as scripts, images and settings say."""
