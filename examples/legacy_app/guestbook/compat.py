"""What differs between the Pythons that the guest book has to run on."""
import sys

try:
    from html import escape
except ImportError:  # Python 2
    from cgi import escape

if sys.version_info >= (3, 4):
    from importlib import reload
else:
    from imp import reload

try:
    import spwd
except ImportError:  # not on this system
    spwd = None


def password_hash(user):
    """What the system knows of a user's password; an empty string where it will not tell."""
    if spwd is None:
        return ""
    return spwd.getspnam(user).sp_pwdp
