"""CHG408 guessed-type-comparison."""

from __future__ import annotations

from py314_check.api import Confidence, Context, Impact, Level, Rule, Words, cst, parse_version

_GUESSES = {
    *("mimetypes.guess_type", "mimetypes.MimeTypes.guess_type"),
    *("mimetypes.guess_file_type", "mimetypes.MimeTypes.guess_file_type"),
}
# What was guessed before, and is not any more: what is guessed instead, since which version, for which files.
_CHANGED = {
    "audio/x-wav": ("audio/vnd.wave", "3.14", ".wav"),
    "video/x-msvideo": ("video/vnd.avi", "3.14", ".avi"),
    "application/x-texinfo": ("application/texinfo", "3.15", ".texi"),
    "text/rtf": ("application/rtf", "3.15", ".rtf"),
}


class GuessedTypeComparison(Rule):
    """A comparison of a guessed media type with one that is not guessed any more.

    ## What it does
    Reports comparisons of the type that `mimetypes.guess_type` gives (`guess_type(...)[0]`, or `kind` of
    `kind, encoding = guess_type(...)`) with `audio/x-wav` and `video/x-msvideo`, and for Python 3.15
    with `application/x-texinfo` and `text/rtf`, unless the new type is accepted beside the old one.

    Not reported: types that the file adds itself, with `add_type` or in `types_map`.

    ## Why it matters
    Since Python 3.14 `.wav` files are `audio/vnd.wave` and `.avi` files are `video/vnd.avi`: the comparison is never
    true, save where a `mime.types` file of the system says otherwise.

    ## Example
    ```python
    import mimetypes

    if mimetypes.guess_type("sound.wav")[0] == "audio/x-wav":
        print("a sound")
    ```

    ## Use instead
    ```python
    import mimetypes

    if mimetypes.guess_type("sound.wav")[0] in ("audio/x-wav", "audio/vnd.wave"):
        print("a sound")
    ```

    ## Fix safety
    There is no fix yet.

    ## References
    - [What's New in Python 3.14: mimetypes](https://docs.python.org/3/whatsnew/3.14.html#mimetypes)
    """

    code, name = "CHG408", "guessed-type-comparison"
    level, impact, confidence = Level.WARNING, Impact.CHANGES, Confidence.HIGH
    since = "3.14"
    words = tuple(
        Words("mimetypes", word, outline=lambda outline: not outline.strings.isdisjoint(_CHANGED))
        for word in ("guess_type", "guess_file_type")
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._added: set[str | None] = set()  # types and suffixes
        self._found: list[tuple[cst.BaseExpression, str]] = []

    def visit_Call(self, node: cst.Call) -> None:
        function = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
        if isinstance(function, cst.Name) and function.value == "add_type":
            self._added |= {self.context.string(one.value) for one in node.args}

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        target = node.target
        if not isinstance(target, cst.Subscript) or not isinstance(target.slice[0].slice, cst.Index):
            return
        if self.context.resolve(target.value) & {"mimetypes.types_map", "mimetypes.common_types"}:
            self._added.add(self.context.string(target.slice[0].slice.value))

    def visit_Comparison(self, node: cst.Comparison) -> None:
        if len(node.comparisons) != 1:
            return
        operator, right = node.comparisons[0].operator, node.comparisons[0].comparator
        if isinstance(operator, (cst.Equal, cst.NotEqual)):
            for guess, other in ((node.left, right), (right, node.left)):
                if self._is_guess(guess):
                    self._check(other, {self.context.string(other)})
        elif isinstance(operator, (cst.In, cst.NotIn)) and self._is_guess(node.left):
            choices = self.context.value(right)
            if isinstance(choices, (cst.Tuple, cst.List, cst.Set)):
                self._check(right, {self.context.string(element.value) for element in choices.elements})

    def _check(self, node: cst.BaseExpression, accepted: set[str | None]) -> None:
        for old, (new, since, _) in _CHANGED.items():
            if old in accepted and new not in accepted and parse_version(since) <= self.context.target.version:
                self._found.append((node, old))

    def leave_Module(self, node: cst.Module) -> None:
        for place, old in self._found:
            new, since, suffix = _CHANGED[old]
            if self._added.isdisjoint((old, suffix)):
                self.report(
                    place,
                    f'Since Python {since} `mimetypes` guesses "{new}" for {suffix} files; before, it was "{old}".',
                    help="Accept both.",
                    symbol="mimetypes.guess_type",
                    module="mimetypes",
                )

    def _is_guess(self, node: cst.BaseExpression) -> bool:
        """Whether an expression is the first element of what a guessing function gave."""
        call, index = self.context.element(node) or (None, None)
        if index != 0 or not isinstance(call, cst.Call):
            return False
        if self.context.resolve(call.func) & _GUESSES:
            return True
        return isinstance(call.func, cst.Attribute) and bool(self.context.member(call.func).names & _GUESSES)
