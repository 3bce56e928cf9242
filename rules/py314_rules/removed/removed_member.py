"""RMV003 removed-member."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level
from py314_rules.names import ROWS, NameRule, Row, Use, words_of


class RemovedMember(NameRule):
    """A method or attribute that a standard library class no longer has.

    ## What it does
    Reports methods and attributes that the target's standard classes do not have any more, where the class of the
    object is certain: it was made by a constructor or a known function (also as a context manager, and where it was put
    into `self.x`), is annotated, was tested with `isinstance`, or is `self` in a subclass.

    Not reported: objects of unknown class, members that a subclass defines itself, and what copes without them
    (`hasattr`, a version test, `except AttributeError`). Where a base class comes from another file, and may provide
    the member, confidence is medium.

    ## Why it matters
    It raises `AttributeError` when it is used: in tests and error paths that is easily after the release.

    ## Example
    ```python
    import unittest


    class TestSum(unittest.TestCase):
        def test_sum(self):
            self.assertEquals(1 + 1, 2)
    ```

    ## Use instead
    ```python
    import unittest


    class TestSum(unittest.TestCase):
        def test_sum(self):
            self.assertEqual(1 + 1, 2)
    ```

    ## Fix safety
    Members that have a drop-in are replaced: aliases such as `assertEquals` by the name that they were for. That is
    safe where the two mean the same on every Python that the project supports, and unsafe where they differ
    (`gzip.GzipFile.filename`).

    ## References
    - [Python 3.12: removed methods of unittest, configparser and others](https://docs.python.org/3/whatsnew/3.12.html#removed)
    - [Python 3.14: removed](https://docs.python.org/3/whatsnew/3.14.html#removed)
    """

    code, name = "RMV003", "removed-member"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    words = words_of({name: row for name, row in ROWS.items() if row.removed_in and row.member})

    def check(self, use: Use) -> None:
        if self.is_own(use.row):
            self.report_gone(use, use.name)

    def is_own(self, row: Row) -> bool:
        return row.member and row.is_gone(self.context)
