"""Filters against spam: Python files in a directory, each with a function accept(entry)."""
import glob
import imp
import os
from distutils.version import LooseVersion

from guestbook import __version__


def load(directory):
    for path in sorted(glob.glob(os.path.join(directory, "*.py"))):
        name = os.path.splitext(os.path.basename(path))[0]
        module = imp.load_source("guestbook_plugin_" + name, path)
        if LooseVersion(getattr(module, "REQUIRES", "0")) <= LooseVersion(__version__):
            yield module
