"""Files of settings, such as pyproject.toml, tox.ini and workflows: each value with its keys and its place."""
