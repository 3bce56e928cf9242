"""What shows that the code of a project runs in threads, told from the bytes of its files."""

from __future__ import annotations

import re

SERVERS = (
    *("flask", "django", "gunicorn", "waitress", "cherrypy", "cheroot", "bottle", "pyramid", "werkzeug", "falcon"),
    *("fastapi", "starlette", "odoo", "uwsgi", "mod-wsgi", "streamlit", "dash", "gradio"),
)
"""Distributions on the package index that serve requests in threads, or are served so."""
_SIGNS = re.compile(
    rb"""
    ^[ \t]*(?:import|from)[ \t]+(?:threading|_thread|concurrent\.futures|multiprocessing\.(?:pool|dummy)|socketserver
        | wsgiref|xmlrpc\.server|queue|%b)\b
    | ^[ \t]*from[ \t]+concurrent[ \t]+import\b | ^[ \t]*import[^\r\n#;]*,[ \t]*threading\b
    | \b(?:to_thread|run_in_executor|ThreadPool|ThreadPoolExecutor|QThread|ThreadingHTTPServer)\b
    | \b(?:Py_MOD_GIL_NOT_USED|mod_gil_not_used|gil_used[ \t]*=[ \t]*false|freethreading_compatible[ \t]*=[ \t]*True)\b
    """
    % b"|".join(name.replace("-", "_").encode() for name in SERVERS),
    re.VERBOSE | re.MULTILINE,
)


def shows_threads(data: bytes) -> bool:
    """Whether a source imports what makes threads or serves in them, or declares that it runs without the GIL."""
    return _SIGNS.search(data) is not None
