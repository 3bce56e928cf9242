"""The command line: options in, exit status out, and no logic beyond that."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from py314_check import __version__
from py314_check import config as configuration
from py314_check.config import COLORS, CONFIDENCES, FAIL_ON, FORMATS, LEVELS, SUMMARISED, ConfigError
from py314_check.discovery import DEFAULT_EXCLUDE, PathError
from py314_check.model import MISSING, Applicability, Confidence, Level, Report, Target
from py314_check.registry import RuleError, find, rule_entries
from py314_check.run import STDIN, Options, Progress, check

FunctionT = TypeVar("FunctionT", bound=Callable[..., object])
Decorator = Callable[[FunctionT], FunctionT]

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_USAGE_ERROR = 2
_INTERRUPTED = 130
_GITHUB_SHOWS = 5_000


class _DefaultCommand(click.Group):
    """``py314-check PATH`` is ``py314-check check PATH``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in (*self.commands, "-h", "--help", "--version"):
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_DefaultCommand, context_settings=_SETTINGS)
@click.version_option(__version__, prog_name="py314-check")
def cli() -> None:
    """What breaks, silently changes or loses thread safety on Python 3.14 and 3.14t.

    `py314-check PATH...` is short for `py314-check check PATH...`; `py314-check check --help` lists its options.
    """


def _codes(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    """Codes may be repeated options and lists with commas; None where none were given."""
    return tuple(code.strip() for value in values for code in value.split(",") if code.strip()) or None


def _several(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...] | None:
    return values or None


def _flag(name: str, text: str, *more: str) -> Decorator[Any]:
    return click.option(*more, name, is_flag=True, default=None, help=text)


def _switch(name: str, text: str) -> Decorator[Any]:
    return click.option(f"{name}/--no-{name[2:]}", default=None, help=text)


def _choice(name: str, values: tuple[str, ...], text: str) -> Decorator[Any]:
    return click.option(name, type=click.Choice(values), default=None, help=text)


@cli.command("check", context_settings=_SETTINGS)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@_choice("--target", Target.CHOICES, "The Python that the code is to run on (default: 3.14).")
@click.option("--select", multiple=True, callback=_codes, help="Rules to run: codes, prefixes or ALL (default: ALL).")
@click.option("--ignore", multiple=True, callback=_codes, help="Rules to leave out.")
@click.option("--extend-select", multiple=True, callback=_codes, help="Rules to run besides those selected.")
@click.option("--extend-ignore", multiple=True, callback=_codes, help="Rules to leave out besides those ignored.")
@_choice("--level", LEVELS, "Lowest level reported (default: note).")
@_choice("--confidence", CONFIDENCES, "Lowest confidence reported (default: medium).")
@_choice("--fail-on", FAIL_ON, "Lowest level that makes the exit status 1 (default: error).")
@_choice("--output-format", FORMATS, "How to report (default: text).")
@click.option(
    "--output-file",
    multiple=True,
    callback=_several,
    metavar="[FORMAT:]PATH",
    help="Write the report there instead of to standard output; FORMAT:PATH writes one more report.",
)
@_flag("--summary", "Report the verdict and the counts, not the findings (text, json and markdown).")
@_flag("--show-guarded", "Also list findings that a guard makes harmless, as notes.")
@_switch("--fix", "Write fixes to the files: those that are safe.")
@_switch("--unsafe-fixes", "With --fix and --diff, also the fixes that may change what the code does.")
@click.option("--diff", is_flag=True, help="Print what --fix would change, and change nothing.")
@click.option(
    "--exclude", multiple=True, callback=_several, help="Names or globs to leave out, instead of the defaults."
)
@click.option("--extend-exclude", multiple=True, callback=_several, help="Names or globs to leave out besides those.")
@_flag("--force-exclude", "Leave out what is excluded even where it is named on the command line.")
@_flag("--no-respect-gitignore", "Also look at what .gitignore files list.")
@click.option("--stdin-filename", metavar="PATH", help="What the source on standard input (the path -) is called.")
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="The configuration file to use.")
@click.option("--isolated", is_flag=True, help="Use no configuration file.")
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), default=None, help="Worker processes (default: one a processor)."
)
@_flag("--no-cache", "Neither use nor keep results of other runs.")
@click.option(
    "--cache-dir", type=click.Path(path_type=Path), help="Where results are kept (default: .py314_check_cache)."
)
@_flag("--no-progress", "Show no progress.")
@_choice("--color", COLORS, "Whether to colour the text report (default: auto).")
@_flag("--quiet", "No warnings on standard error.", "-q")
@_flag("--verbose", "Say on standard error what was used and done.", "-v")
@click.option("--no-word-test", is_flag=True, hidden=True)
@click.pass_context
def check_command(
    ctx: click.Context, /, paths: tuple[Path, ...], config: Path | None, isolated: bool, **given: Any
) -> None:
    """Check files and directories (default: the current directory; - for standard input)."""
    paths = paths or (Path(),)
    try:
        file = None if isolated else config or configuration.find(_start(paths))
        settings = configuration.merged(
            {name.replace("_", "-"): value for name, value in given.items()},
            configuration.load(file) if file is not None else {},
            _DEFAULTS,
        )
        say = _Speaker(quiet=settings["quiet"], verbose=settings["verbose"])
        outputs = _outputs(settings)
        if given["summary"] and not any(form in SUMMARISED for form, _ in outputs):
            raise ConfigError(f"--summary needs a report in one of the formats {', '.join(SUMMARISED)}")
        options = _options(paths, settings, given, file, hashes=any(form == "sarif" for form, _ in outputs))
        say.detail(f"target: Python {options.target}; configuration: {file or 'none'}")
        report = _run(options, settings, say)
        if options.diff:
            from py314_check.fixes import diff

            outputs = [(form, path) for form, path in outputs if path != "-"]
            _print(b"".join(diff(change.path, change.before, change.after) for change in report.changes))
        elif options.fix and options.stdin is not None:  # standard output has the source, fixed or as it was
            _print(next((change.after for change in report.changes), options.stdin))
        _write(report, outputs, settings, errors=options.fix and options.stdin is not None)
    except (ConfigError, PathError, RuleError) as error:
        raise click.UsageError(str(error), ctx) from None
    for path, why in report.foreign:
        say.detail(f"{path}: left alone: {why}")
    reported = {(finding.path, finding.place) for finding in report.findings}
    for note in report.notifications:
        if note.kind == MISSING:
            click.echo(f"error: {_plain(note.message)}", err=True)
        elif (note.path, note.place) not in reported:
            say.warn(f"{note.path}: {note.message}")
    if any(form == "sarif" for form, _ in outputs) and len(report.findings) > _GITHUB_SHOWS:
        say.warn(
            f"GitHub shows {_GITHUB_SHOWS} results of a report, the worst first; this one has {len(report.findings)}."
        )
    if options.fix or options.diff:
        say.say(_fixed(report, options))
    ctx.exit(report.exit_code)


def _fixed(report: Report, options: Options) -> str:
    """What fixes did, or would do."""
    verb = "Would fix" if options.diff else "Fixed"
    files = len(report.changes)
    done = f"{verb} {report.fixed} finding{'s'[: report.fixed != 1]} in {files} file{'s'[: files != 1]}"
    more = 0 if options.unsafe_fixes else report.fixable(Applicability.UNSAFE)
    return f"{done}; --unsafe-fixes could fix {more} more." if more else f"{done}."


_DEFAULTS: dict[str, Any] = {
    "target": "3.14",
    "select": ["ALL"],
    "ignore": [],
    "extend-select": [],
    "extend-ignore": [],
    "level": "note",
    "confidence": "medium",
    "fail-on": "error",
    "output-format": "text",
    "output-file": [],
    "summary": False,
    "show-guarded": False,
    "fix": False,
    "unsafe-fixes": False,
    "exclude": list(DEFAULT_EXCLUDE),
    "extend-exclude": [],
    "force-exclude": False,
    "no-respect-gitignore": False,
    "jobs": 0,
    "no-cache": False,
    "cache-dir": None,
    "no-progress": False,
    "color": "auto",
    "quiet": False,
    "verbose": False,
}


class _Speaker:
    """Everything that is not the report goes to standard error."""

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._quiet, self._verbose = quiet, verbose

    def warn(self, message: str) -> None:
        if not self._quiet:
            click.echo(f"warning: {_plain(message)}", err=True)

    def say(self, message: str) -> None:
        if not self._quiet:
            click.echo(_plain(message), err=True)

    def detail(self, message: str) -> None:
        if self._verbose:
            click.echo(_plain(message), err=True)


def _utf8(text: str) -> bytes:
    """A text in UTF-8 whatever the locale is; surrogates, from names of files that are no UTF-8, as escapes."""
    return text.encode("utf-8", "backslashreplace")


def _plain(text: str) -> str:
    return _utf8(text).decode("utf-8")


def _start(paths: tuple[Path, ...]) -> Path:
    """The directory from which the configuration is looked for: the one that holds all paths."""
    named = [os.path.abspath(path) for path in paths if str(path) != STDIN]
    common = Path(os.path.commonpath(named)) if named else Path.cwd()
    return common if common.is_dir() else common.parent


def _options(
    paths: tuple[Path, ...], settings: dict[str, Any], given: dict[str, Any], file: Path | None, *, hashes: bool
) -> Options:
    from_stdin = any(str(path) == STDIN for path in paths)
    return Options(
        paths=paths,
        target=Target.parse(settings["target"]),
        select=(*settings["select"], *settings["extend-select"]),
        ignore=(*settings["ignore"], *settings["extend-ignore"]),
        level=Level(settings["level"]),
        confidence=Confidence(settings["confidence"]),
        fail_on=None if settings["fail-on"] == "never" else Level(settings["fail-on"]),
        show_guarded=settings["show-guarded"],
        exclude=(*settings["exclude"], *settings["extend-exclude"]),
        force_exclude=settings["force-exclude"],
        respect_gitignore=not settings["no-respect-gitignore"],
        jobs=settings["jobs"],
        line_hashes=hashes,
        word_test=not given["no_word_test"],
        fix=settings["fix"] and not given["diff"],
        unsafe_fixes=settings["unsafe-fixes"],
        diff=given["diff"],
        stdin=sys.stdin.buffer.read() if from_stdin else None,
        stdin_filename=given["stdin_filename"],
        config_file=file,
        cache=not settings["no-cache"],
        cache_dir=None if settings["cache-dir"] is None else Path(settings["cache-dir"]),
    )


def _run(options: Options, settings: dict[str, Any], say: _Speaker) -> Report:
    progress = Progress() if sys.stderr.isatty() and not settings["no-progress"] and not settings["quiet"] else None
    try:
        return check(options, warn=say.warn, progress=progress)
    finally:
        if progress is not None:
            progress.clear()


def _outputs(settings: dict[str, Any]) -> list[tuple[str, str]]:
    """Pairs of format and path. Standard output (``-``) has a report too unless a plain path takes its place."""
    outputs = []
    for value in settings["output-file"]:
        form, colon, path = value.partition(":")
        if colon and form in FORMATS:
            outputs.append((form, path))
        else:
            outputs.append((settings["output-format"], value))
    taken = any(path == "-" or value == path for (_, path), value in zip(outputs, settings["output-file"], strict=True))
    return outputs if taken else [(settings["output-format"], "-"), *outputs]


def _write(report: Report, outputs: list[tuple[str, str]], settings: dict[str, Any], *, errors: bool) -> None:
    """Writes the reports; ``errors``: to standard error what else goes to standard output."""
    from py314_check.reporters import render

    for form, path in outputs:
        to_terminal = path == "-"
        text = render(
            report,
            form,
            summary=settings["summary"],
            color=to_terminal and _color(settings["color"]),
            width=_width() if to_terminal else 100,
        )
        if to_terminal and errors:
            sys.stderr.buffer.write(_utf8(text))
        elif to_terminal:
            _print(_utf8(text))
        else:
            try:
                Path(path).write_bytes(_utf8(text))
            except OSError as error:
                raise ConfigError(f"cannot write the report to {path}: {error.strerror}") from None


def _print(data: bytes) -> None:
    """Writes to standard output, with no complaint of a reader that left."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader has seen enough: say nothing, also not at shutdown
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _color(when: str) -> bool:
    """The option, else NO_COLOR, else FORCE_COLOR, else whether standard output is a terminal."""
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def _width() -> int:
    if not sys.stdout.isatty():
        return 100
    import shutil

    return min(shutil.get_terminal_size().columns, 120)


@cli.command("probe", context_settings=_SETTINGS)
@click.option(
    "--python",
    "pythons",
    multiple=True,
    metavar="PATH",
    help="An interpreter to measure (default: the running one, and every python3.X and python3.Xt on PATH).",
)
@click.option("--repeats", type=click.IntRange(1, 1000), default=5, show_default=True, help="Runs of each workload.")
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=60, show_default=True, help="Seconds that one run may take."
)
@click.option("--output-format", type=click.Choice(("text", "json")), default="text", help="How to report.")
@_flag("--no-progress", "Show no progress.")
@click.option("--color", type=click.Choice(COLORS), default="auto", help="Whether to colour the text report.")
def probe_command(
    pythons: tuple[str, ...],
    repeats: int,
    timeout: float,
    output_format: str,
    no_progress: bool | None,
    color: str,
) -> None:
    """Measure what interpreters gain by threads and by the JIT, with three small workloads."""
    from py314_check.probe import interpreters, measure, report

    cores, load = measure.cores(), measure.load()
    asked = measure.identify(interpreters.given(pythons) if pythons else interpreters.found(), timeout)
    if sys.stderr.isatty() and not no_progress:
        with click.progressbar(length=measure.steps(asked, repeats), label="Measuring", file=sys.stderr) as bar:
            measure.measure(asked, repeats, timeout, lambda: bar.update(1))
    else:
        measure.measure(asked, repeats, timeout, lambda: None)
    if output_format == "json":
        _print(_utf8(report.as_json(asked, cores, load, repeats)))
    else:
        _print(_utf8(report.text(asked, cores, load, repeats, color=_color(color))))


@cli.command("explain", context_settings=_SETTINGS)
@click.argument("rule", required=False)
def explain_command(rule: str | None) -> None:
    """Explain a rule, given by code or name; without one, list them all."""
    try:
        if rule is None:
            for info in (entry.info for entry in rule_entries()):
                click.echo(f"{info.code}  {info.name:24}  {info.level.value:8} {info.summary}")
            return
        info = find(rule).info
    except RuleError as error:
        raise click.UsageError(str(error)) from None
    facts = f"level {info.level.value}, confidence {info.confidence.value}, impact: {info.impact.value}"
    click.echo(f"# {info.code} {info.name}\n\n{info.documentation}\n\n({facts})")


def main() -> None:
    """Runs the command line and ends the process: 0 nothing to fail on, 1 findings, 2 wrong usage, 130 interrupted."""
    try:
        status = cli.main(prog_name="py314-check", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = _USAGE_ERROR
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        # Not through the interpreter's own shutdown: on Python 3.10 that may wait for ever for a pipe to workers
        # that were ended (gh-94777).
        os._exit(_INTERRUPTED)
    sys.exit(status)
