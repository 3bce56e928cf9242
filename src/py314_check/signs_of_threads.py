"""What shows that the code of a project runs in threads, told from the bytes of its files."""

from __future__ import annotations

import re

SERVERS = (
    *("flask", "django", "gunicorn", "waitress", "cherrypy", "cheroot", "bottle", "pyramid", "werkzeug", "falcon"),
    *("fastapi", "starlette", "odoo", "uwsgi", "mod-wsgi", "streamlit", "dash", "gradio"),
)
"""Distributions on the package index that serve requests in threads, or are served so."""
_MODULES = rb"threading|_thread|concurrent\.futures|multiprocessing\.(?:pool|dummy)|socketserver|wsgiref|xmlrpc\.server"
_THREADS = (
    rb"^[ \t]*(?:import|from)[ \t]+(?:%b)\b" % _MODULES
    + rb"|^[ \t]*from[ \t]+concurrent[ \t]+import\b|^[ \t]*import[^\r\n#;]*,[ \t]*threading\b"
    + rb"|\b(?:to_thread|run_in_executor|ThreadPool|ThreadPoolExecutor|QThread|ThreadingHTTPServer)\b"
)
_SIGNS = re.compile(
    _THREADS
    + rb"|^[ \t]*(?:import|from)[ \t]+(?:%b)\b" % b"|".join(name.replace("-", "_").encode() for name in SERVERS)
    + rb"|\b(?:Py_MOD_GIL_NOT_USED|mod_gil_not_used|gil_used[ \t]*=[ \t]*false"
    + rb"|freethreading_compatible[ \t]*=[ \t]*True)\b",
    re.MULTILINE,
)
_HANDLES = re.compile(_THREADS, re.MULTILINE)
_COOPERATIVE = re.compile(
    rb"^[ \t]*(?:import|from)[ \t]+(?:gevent|eventlet|greenlet|twisted\.internet|trio|curio|locust)\b", re.MULTILINE
)


def shows_threads(data: bytes) -> bool:
    """Whether a source shows that its project has threads: it makes them, serves in them, or declares support."""
    return _SIGNS.search(data) is not None


def handles_threads(data: bytes) -> bool:
    """Whether a source itself imports what makes threads, or locks for them."""
    return _HANDLES.search(data) is not None


def is_cooperative(data: bytes) -> bool:
    """Whether a source is written for green threads or an event loop, which one thread runs."""
    return _COOPERATIVE.search(data) is not None
