"""The guest book as a WSGI application."""
import cgi
import cgitb
import sys

import formatter

from guestbook import notify, storage
from guestbook.compat import escape

PAGE = "<html><head><title>Guestbook</title></head><body>%s</body></html>"
FORM = '<form method="post"><input name="name"><textarea name="message"></textarea><button>Sign</button></form>'


def application(environ, start_response):
    try:
        if environ["REQUEST_METHOD"] == "POST":
            form = cgi.FieldStorage(fp=environ["wsgi.input"], environ=environ, keep_blank_values=True)
            entry = storage.add(form.getfirst("name", "somebody"), form.getfirst("message", ""))
            notify.by_mail("admin@example.org", "%s signed the guest book" % entry.name)
        body = FORM + "".join(render(entry) for entry in storage.entries())
        status = "200 OK"
    except Exception:
        body = cgitb.html(sys.exc_info())
        status = "500 Internal Server Error"
    start_response(status, [("Content-Type", "text/html; charset=utf-8")])
    return [(PAGE % body).encode("utf-8")]


def render(entry):
    return "<h2>%s</h2>%s" % (escape(entry.name), "".join(formatter.paragraphs(entry.message)))


def plain_error(exc_info):
    return "%s: %s" % (exc_info[0].__name__, exc_info[1])
