"""SYN900 unused-suppression."""

from __future__ import annotations

import re
from itertools import product

from py314_check.api import Change, Confidence, Impact, Level, Remove, Replace, Rule, UnusedSuppression, Words

# By the word that they begin with, which is found fastest as it is written.
_COMMENTS = {
    "py314": rb"%b(?i:-check)?:[^\w\r\n]*(?i:ignore)",
    "noqa": rb"%b[^\w\r\n:#]*:[^\r\n:#]*?\b(?i:SYN|RMV|CHG|DPR|GIL|EXT|TIS|PRJ|JIT)",
}
_LISTED = re.compile(r"\w+(?:[, \t]+\w+)*(?=\]?$)")
"""The codes in a comment."""


def _in_any_case(word: str) -> list[str]:
    return sorted({"".join(letters) for letters in product(*({one.lower(), one.upper()} for one in word))})


class UnusedSuppressionComment(Rule):
    """A comment that ignores findings which are not there.

    ## What it does
    Reports `# py314: ignore[...]`, `# py314: ignore-file[...]` and `# noqa: CODE` comments (the latter only for codes
    of py314-check) that silence nothing, or list codes that silence nothing. Codes of rules that are switched off
    are left alone.

    ## Why it matters
    A comment that outlives its reason hides the next finding on its line.

    ## Example
    ```python
    import json  # py314: ignore[RMV001]
    ```

    ## Use instead
    ```python
    import json
    ```

    ## Fix safety
    The fix removes the comment, or the codes that are without effect: it is safe. A comment without any effect behind
    which more is written is left alone.

    ## References
    - [Suppressing findings](https://github.com/py314-check/py314-check/blob/main/docs/suppressions.md)
    """

    code, name = "SYN900", "unused-suppression"
    level, impact, confidence = Level.NOTE, Impact.OPPORTUNITY, Confidence.HIGH
    languages = frozenset({"python", "pyproject", "setup.cfg"})
    words = tuple(
        Words(spelled, remarks=True, test=re.compile(comment % spelled.encode()).search)
        for word, comment in _COMMENTS.items()
        for spelled in _in_any_case(word)
    )

    def visit_UnusedSuppression(self, unused: UnusedSuppression) -> None:
        what = " and ".join(f"`{code}`" for code in unused.codes) or "anything"
        message = f"This comment does not silence {what}: there is no such finding."
        self.report(unused, message, help="Remove it.", fix=self._fix(unused))

    def _fix(self, unused: UnusedSuppression) -> Change | None:
        if unused.is_whole:
            return Change("Remove the comment", Remove(unused), safe=True, since="2.7")
        listed = _LISTED.search(unused.comment)
        codes = [] if listed is None else listed[0].replace(",", " ").split()
        kept = [code for code in codes if code.upper() not in unused.codes]
        if listed is None or not kept:
            return None
        text = unused.comment[: listed.start()] + ", ".join(kept) + unused.comment[listed.end() :]
        return Change("Remove what has no effect", Replace(unused, text), safe=True, since="2.7")
