"""Turns what visitors wrote into HTML. Nothing to do with the old standard library's module of this name."""
import re

from guestbook.compat import escape

LINK = re.compile(r"https?://[^\s<]+")


def paragraphs(text):
    for part in re.split(r"\n\s*\n", text.strip()):
        yield "<p>%s</p>" % LINK.sub(r'<a href="\g<0>">\g<0></a>', escape(part))
