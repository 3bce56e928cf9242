"""CHG001 changed-call."""

from __future__ import annotations

from py314_check.api import Confidence, Impact, Level, cst
from py314_rules.calls import CallRule, Match, words_of


class ChangedCall(CallRule):
    """A call that does something else than before, or that refuses a value that it took.

    ## What it does
    Reports calls of standard library functions whose default, or whose treatment of the very argument that is given,
    has changed. Methods are reported where the class of the object is certain, and values where they are.

    Not reported: calls that say what they want (`filter="data"`, `protocol=4`), and arguments in `*args` and
    `**kwargs`.

    ## Why it matters
    Some calls raise an exception now. Others run as before and give something else: members of an archive that are
    refused, files of another format.

    ## Example
    ```python
    import tarfile

    with tarfile.open("release.tar.gz") as archive:
        archive.extractall("release")
    ```

    ## Use instead
    ```python
    import tarfile

    with tarfile.open("release.tar.gz") as archive:
        archive.extractall("release", filter="data")
    ```

    ## Fix safety
    The fix gives the members of an archive the filter `data` by name. It is unsafe: up to Python 3.13, archives were
    extracted as they are. Other calls have no fix.

    ## References
    - [Porting to Python 3.14](https://docs.python.org/3/whatsnew/3.14.html#porting-to-python-3-14)
    - [PEP 706: a filter for tarfile.extractall](https://peps.python.org/pep-0706/)
    """

    code, name = "CHG001", "changed-call"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    verdict = "changed"
    words = words_of(verdict)

    def check(self, node: cst.Call, match: Match) -> None:
        row = match.row
        self.report(
            node.func,
            f"Since Python {row.changed_in}, {match.fill(row.now)}; before, {match.fill(row.was)}.",
            help=match.help,
            symbol=match.symbol,
            raises=row.raises if row.handled else None,
            module=match.module,
            level=Level(row.level) if row.level else Level.ERROR if row.raises else None,
            impact=Impact.BREAKS if row.raises else None,
            confidence=match.confidence,
            fix=self.fix(node, match),
        )
