"""The entries, kept in memory and in a file, and the administrator's password."""
import collections
import hmac
import json
import os

Entry = collections.namedtuple("Entry", "name message")

PATH = os.environ.get("GUESTBOOK_FILE", "")
_entries = []


def add(name, message):
    entry = Entry(name.strip()[:80], message.strip()[:4000])
    _entries.append(entry)
    if PATH:
        with open(PATH, "a") as stream:
            stream.write(json.dumps(entry) + "\n")
    return entry


def entries():
    return reversed(_entries)


def is_admin(password, stored):
    """Whether this is the password of the .htpasswd file's line."""
    import crypt  # py314: ignore[RMV001] the admin page stays on the old server, with Python 3.11

    return hmac.compare_digest(crypt.crypt(password, stored), stored)
