"""SYN001 invalid-syntax."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, ParseFailure, Rule


class InvalidSyntax(Rule):
    """A file that cannot be read or parsed as Python 3.

    ## What it does
    Reports each file that cannot be read, decoded or parsed, with the place where that fails. The other files are
    analysed all the same. Files in which no rule could find anything are not parsed, so their syntax goes unchecked.

    ## Why it matters
    Python rejects such a file when it is imported, on 3.14 as before, and nothing else in it could be checked. What
    is meant to be unparsable (test data, templates) is best left out with `extend-exclude`. The parser is LibCST's; of
    what Python accepts, it is known to reject an annotated name in parentheses, `(x): int`.

    ## Example
    ```python
    import cgi
    print "Content-Type: text/html"
    ```

    ## Use instead
    ```python
    print("Content-Type: text/html")
    ```

    ## Fix safety
    There is no fix.

    ## References
    - [PEP 263: source code encodings](https://peps.python.org/pep-0263/)
    - [The grammar of Python 3.14](https://docs.python.org/3.14/reference/grammar.html)
    """

    code, name = "SYN001", "invalid-syntax"
    level, impact, confidence = Level.ERROR, Impact.BREAKS, Confidence.HIGH
    languages = frozenset({"python", "pyproject", "setup.cfg"})

    def visit_ParseFailure(self, failure: ParseFailure) -> None:
        self.report(failure, failure.message, help="Nothing else in this file was checked: mend it, or exclude it.")
