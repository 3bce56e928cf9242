"""The command line, run as users run it: exit statuses, outputs, options, configuration."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BAD = "import cgi\n"
GOOD = "import json\n"


def run(
    *arguments: str, cwd: Path, stdin: bytes | None = None, env: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of the tool."""
    clean = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.run(
        [sys.executable, "-m", "py314_check", *arguments],
        cwd=cwd,
        input=stdin if stdin is not None else b"",
        capture_output=True,
        env={**clean, **(env or {})},
        check=False,
    )
    return process.returncode, process.stdout.decode(), process.stderr.decode()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "good.py").write_text(GOOD)
    return tmp_path


def test_clean_is_0(project: Path) -> None:
    status, out, err = run("good.py", cwd=project)
    assert status == 0
    assert out.endswith(
        "\nPython 3.14   ready: nothing found\nPython 3.14t  ready: nothing found (derived from 3.14)\n"
    )
    assert err == ""


def test_findings_are_1(project: Path) -> None:
    status, out, err = run(cwd=project)
    assert status == 1
    assert "error[RMV001]: `cgi` was removed in Python 3.13 (PEP 594)." in out
    assert " --> bad.py:1:8" in out
    assert "\nPython 3.14   not ready: 1 error\n" in out
    assert err == ""


def test_check_is_the_default_command(project: Path) -> None:
    assert run("check", "bad.py", cwd=project) == run("bad.py", cwd=project)
    assert run("--output-format", "concise", "bad.py", cwd=project)[0] == 1


WRONG = {
    "a path that does not exist": (["nowhere.py"], "nowhere.py"),
    "an unknown option": (["--nope"], "--nope"),
    "an unknown target": (["--target", "3.12"], "3.12"),
    "an unknown code": (["--select", "RMV901"], "did you mean 'RMV001'"),
    "an unknown prefix": (["--ignore", "XYZ"], "XYZ"),
    "an unknown format": (["--output-format", "xml"], "xml"),
    "no worker": (["--jobs", "0"], "0"),
    "a report that cannot be written": (["--output-file", "no/such/dir/report"], "no/such/dir/report"),
    "a configuration that does not exist": (["--config", "none.toml"], "none.toml"),
}


@pytest.mark.parametrize(("arguments", "named"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_2(arguments: list[str], named: str, project: Path) -> None:
    status, out, err = run(*arguments, cwd=project)
    assert status == 2
    assert out == ""
    assert named in err
    assert "Traceback" not in err


def test_a_missing_path_costs_no_other_findings(project: Path) -> None:
    status, out, err = run("bad.py", "nowhere.py", "-q", "--output-format", "json", cwd=project)
    report = json.loads(out)
    assert status == 2
    assert [one["path"] for one in report["findings"]] == ["bad.py"]
    assert [(one["kind"], one["path"]) for one in report["notifications"]] == [("missing-path", "nowhere.py")]
    assert err.startswith("error: nowhere.py: there is no such file")


def test_fail_on(project: Path) -> None:
    assert run("--fail-on", "never", cwd=project)[0] == 0
    (project / "bad.py").write_text("import json  # py314: ignore[RMV001]\n")
    assert run(cwd=project)[0] == 0
    assert run("--fail-on", "note", cwd=project)[0] == 1
    assert run("--fail-on", "note", "--level", "warning", cwd=project)[0] == 0


def test_select_and_ignore(project: Path) -> None:
    assert run("--ignore", "RMV", cwd=project)[0] == 0
    assert run("--select", "SYN", cwd=project)[0] == 0
    assert run("--select", "SYN", "--extend-select", "RMV001", cwd=project)[0] == 1
    assert run("--select", "SYN,RMV", "--extend-ignore", "RMV001", cwd=project)[0] == 0


def test_confidence(project: Path) -> None:
    (project / "bad.py").write_text("import _bootlocale\n")
    assert run(cwd=project)[0] == 1
    assert run("--confidence", "high", cwd=project)[0] == 0


def test_target(project: Path) -> None:
    (project / "bad.py").write_text("import sre_parse\n")
    assert run(cwd=project)[0] == 0
    status, out, _ = run("--target", "3.15t", cwd=project)
    assert status == 1
    assert out.endswith("\nPython 3.15t  not ready: 1 error\n")


def test_guarded_findings_are_shown_on_request_and_fail_nothing(project: Path) -> None:
    (project / "bad.py").write_text("try:\n    import cgi\nexcept ImportError:\n    cgi = None\n")
    status, out, _ = run(cwd=project)
    assert (status, "note[RMV001]" in out, "1 guarded" in out) == (0, False, True)
    status, out, _ = run("--show-guarded", cwd=project)
    assert (status, "note[RMV001]" in out, "guarded: the handler" in out) == (0, True, True)


def test_json(project: Path) -> None:
    status, out, err = run("--output-format", "json", cwd=project)
    report = json.loads(out)
    assert status == 1
    assert err == ""
    assert report["schema_version"] == 1
    assert report["target"] == "3.14"
    assert report["root"] == "."
    assert report["summary"]["files"] == 2
    assert [(one["path"], one["line"], one["column"], one["end_column"]) for one in report["findings"]] == [
        ("bad.py", 1, 8, 11)
    ]


def test_paths_are_relative_to_the_root(project: Path) -> None:
    inner = project / "src" / "pkg"
    inner.mkdir(parents=True)
    (inner / "a.py").write_text(BAD)
    _, out, _ = run("--output-format", "json", ".", cwd=inner)
    report = json.loads(out)
    assert report["findings"][0]["path"] == "src/pkg/a.py"
    assert report["root"] == "../.."


def test_several_outputs_of_one_run(project: Path) -> None:
    status, out, _ = run(
        "--output-file", "sarif:a.sarif", "--output-file", "json:a.json", "--output-format", "concise", cwd=project
    )
    assert status == 1
    assert out.startswith("bad.py:1:8: RMV001[error]")
    sarif = json.loads((project / "a.sarif").read_text())
    assert sarif["runs"][0]["results"][0]["partialFingerprints"]["primaryLocationLineHash"].endswith(":1")
    assert json.loads((project / "a.json").read_text())["summary"]["errors"] == 1


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_summary_has_no_findings_and_the_same_status(form: str, project: Path) -> None:
    whole, summary = (run("--output-format", form, *more, cwd=project) for more in ((), ("--summary",)))
    assert (whole[0], summary[0]) == (1, 1)
    assert "bad.py" in whole[1]
    assert "bad.py:1" not in summary[1]
    assert '"line"' not in summary[1]
    assert len(summary[1]) < len(whole[1])
    (project / "py314-check.toml").write_text("summary = true\n")
    assert run("--output-format", form, cwd=project) == summary


@pytest.mark.parametrize("form", ["concise", "github", "sarif"])
def test_formats_that_are_all_findings_have_no_summary(form: str, project: Path) -> None:
    status, out, err = run("--output-format", form, "--summary", cwd=project)
    assert (status, out) == (2, "")
    assert "text, json, markdown" in err
    whole = run("--output-format", form, cwd=project)
    status, out, _ = run("--summary", "--output-file", f"{form}:report", cwd=project)
    assert (status, "bad.py" in out) == (1, False)
    assert (project / "report").read_text() == whole[1]
    (project / "py314-check.toml").write_text("summary = true\n")
    assert run("--output-format", form, cwd=project) == whole


def test_a_plain_output_file_takes_the_place_of_standard_output(project: Path) -> None:
    status, out, _ = run("--output-file", "report.txt", cwd=project)
    assert (status, out) == (1, "")
    assert "error[RMV001]" in (project / "report.txt").read_text()


def test_github_commands(project: Path) -> None:
    _, out, _ = run("--output-format", "github", cwd=project)
    assert out.startswith("::error ")
    assert "file=bad.py" in out


def test_standard_input(project: Path) -> None:
    status, out, _ = run(
        "--output-format", "concise", "--stdin-filename", "pkg/x.py", "-", cwd=project, stdin=b"import imp\n"
    )
    assert status == 1
    assert out.startswith("pkg/x.py:1:8: RMV001")
    assert run("-", cwd=project, stdin=GOOD.encode())[0] == 0


def test_colour(project: Path) -> None:
    assert "\033[" not in run(cwd=project)[1]
    assert "\033[" in run("--color", "always", cwd=project)[1]
    assert "\033[" in run(cwd=project, env={"FORCE_COLOR": "1"})[1]
    assert "\033[" not in run(cwd=project, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})[1]
    assert "\033[" not in run("--color", "never", cwd=project, env={"FORCE_COLOR": "1"})[1]


def test_excludes(project: Path) -> None:
    for folder in ("build", "vendored"):
        (project / folder).mkdir()
        (project / folder / "a.py").write_text(BAD)

    def paths(*more):
        return {
            line.partition(":")[0] for line in run("--output-format", "concise", *more, cwd=project)[1].splitlines()
        }

    assert paths() == {"bad.py", "vendored/a.py"}
    assert paths("--extend-exclude", "vendored") == {"bad.py"}
    assert paths("--exclude", "bad.py") == {"build/a.py", "vendored/a.py"}
    assert paths("build/a.py") == {"build/a.py"}
    assert paths("build/a.py", "--force-exclude") == set()
    (project / ".gitignore").write_text("vendored/\n")
    assert paths() == {"bad.py"}
    assert paths("--no-respect-gitignore") == {"bad.py", "vendored/a.py"}


def test_configuration(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.py314-check]\nignore = ['RMV']\n")
    assert run(cwd=project)[0] == 0
    assert run("--isolated", cwd=project)[0] == 1
    assert run("--ignore", "SYN", cwd=project)[0] == 1, "the command line wins"
    (project / "other.toml").write_text("fail-on = 'never'\noutput-format = 'concise'\n")
    status, out, _ = run("--config", "other.toml", cwd=project)
    assert (status, out[:10]) == (0, "bad.py:1:8")
    sub = project / "sub"
    sub.mkdir()
    (sub / "a.py").write_text(BAD)
    (sub / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert run(".", cwd=sub)[0] == 0, "the nearest file that has our table"
    (sub / "py314-check.toml").write_text("")
    assert run(".", cwd=sub)[0] == 1


BROKEN = {
    "an unknown key": ("selct = ['RMV']", "did you mean 'select'"),
    "a wrong type": ("select = 'RMV'", "a list of strings"),
    "a wrong value": ("level = 'fatal'", "'note', 'warning', 'error'"),
    "a number below 1": ("jobs = 0", "a whole number from 1"),
    "no TOML": ("select = [", "not TOML"),
    "an unknown code": ("select = ['RVM']", "did you mean"),
}


@pytest.mark.parametrize(("text", "says"), BROKEN.values(), ids=BROKEN)
def test_broken_configuration_is_2(text: str, says: str, project: Path) -> None:
    (project / "pyproject.toml").write_text(f"[tool.py314-check]\n{text}\n")
    status, out, err = run(cwd=project)
    assert (status, out) == (2, "")
    assert says in err


def test_metadata_is_read_with_isolated_too(project: Path) -> None:
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\ndependencies = ['legacy-cgi']\n")
    assert run("--isolated", cwd=project)[0] == 0


def test_explain(project: Path) -> None:
    status, out, _ = run("explain", cwd=project)
    assert status == 0
    assert "RMV001  removed-module" in out
    for name in ("RMV001", "rmv001", "removed-module"):
        status, out, _ = run("explain", name, cwd=project)
        assert status == 0
        assert "## Why it matters" in out
    status, _, err = run("explain", "removed-modules", cwd=project)
    assert status == 2
    assert "did you mean 'removed-module'" in err


def test_help_and_version(project: Path) -> None:
    assert "check" in run("--help", cwd=project)[1]
    assert "--output-format" in run("check", "-h", cwd=project)[1]
    assert run("--version", cwd=project)[1] == "py314-check, version 0.1.0\n"


def test_quiet_and_verbose(project: Path) -> None:
    (project / "bad.py").write_text("import cgi\nprint 'x'\n")
    assert run(cwd=project)[2] == "", "a finding is not said twice"
    assert "does not parse" in run("--select", "RMV", cwd=project)[2]
    assert run("-q", "--select", "RMV", cwd=project)[2] == ""
    assert "target: Python 3.14" in run("-v", cwd=project)[2]


def test_a_broken_pipe_is_quiet(project: Path) -> None:
    for number in range(300):
        (project / f"m{number}.py").write_text(BAD)
    tool = subprocess.Popen(
        [sys.executable, "-m", "py314_check"], cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert tool.stdout is not None
    assert tool.stderr is not None
    tool.stdout.readline()
    tool.stdout.close()
    with tool.stderr:
        assert tool.stderr.read() == b""
    assert tool.wait() in (0, 1)


@pytest.mark.parametrize("package", ["packaging", "click", "json", "libcst"])
def test_what_is_checked_is_never_imported(project: Path, package: str) -> None:
    (project / package).mkdir()
    (project / package / "__init__.py").write_text("raise SystemExit('imported')\n")
    (project / "pyproject.toml").write_text("[project]\nname = 'a'\ndependencies = ['requests']\n")
    status, out, err = run(cwd=project)
    assert (status, "imported" in out + err) == (1, False)


def test_start_up_imports_no_more_than_it_needs(project: Path) -> None:
    code = (
        "import sys\nsys.argv = ['py314-check', 'good.py']\nfrom py314_check.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in sys.modules if m in ('libcst', 'pathspec', 'packaging', 'multiprocessing',"
        " 'py314_check.reporters.sarif', 'py314_check.reporters.json', 'py314_check.languages.python.tree')])"
    )
    run_ = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert run_.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("jobs", ["1", "2", "3"])
def test_the_number_of_jobs_changes_nothing(jobs: str, project: Path) -> None:
    body = "x = '''" + "long text\\n" * 20_000 + "'''\n"  # many bytes, few nodes
    for number in range(6):
        (project / f"m{number}.py").write_text(f"import cgi\n{body}")
    alone = run("--output-format", "json", "--jobs", "1", cwd=project)
    assert run("--output-format", "json", "--jobs", jobs, cwd=project) == alone
    assert json.loads(alone[1])["summary"]["errors"] == 7


_AT_A_TERMINAL = """
import itertools, os, pty, sys
inner, outer = pty.openpty()
process = os.fork()
if process == 0:
    os.dup2(outer, 2)
    os.close(inner)
    from py314_check import run
    run.time.monotonic = itertools.count(0, int(sys.argv[1])).__next__
    sys.argv[1:2] = []
    from py314_check.cli import main
    main()
os.close(outer)
try:
    while data := os.read(inner, 1000):
        sys.stdout.buffer.write(data)
except OSError:  # nobody has the other end any more
    pass
os.waitpid(process, 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of POSIX")
@pytest.mark.parametrize(
    ("seconds", "option", "shown"),
    [(1, "-v", True), (0, "-v", False), (1, "-q", False), (1, "--no-progress", False)],
    ids=["after a second", "before that", "quiet", "switched off"],
)
def test_progress_on_a_terminal(seconds: int, option: str, shown: bool, project: Path) -> None:
    """Each look at the clock takes some seconds."""
    for number in range(120):
        (project / f"m{number}.py").write_text("x = 1\n")
    command = [sys.executable, "-c", _AT_A_TERMINAL, str(seconds), "--jobs", "1", "--output-file", os.devnull, option]
    out = subprocess.run(command, cwd=project, capture_output=True, check=True).stdout.decode()
    lines = [line for line in re.split(r"[\r\n]+", out) if " files, " in line]
    assert bool(lines) is shown
    if shown:
        assert lines[0] == "2 of 122 files, 1 finding, 1 min 3 s left\x1b[K"
        assert re.fullmatch(r"121 of 122 files, 1 finding, \d+ s left\x1b\[K", lines[-1])
        assert out.endswith("\r\x1b[K"), "the line is taken away"


def test_no_progress_elsewhere(project: Path) -> None:
    assert run("-v", cwd=project)[2].count("\n") == 1


def test_an_interrupt_leaves_no_process_behind(project: Path) -> None:
    import signal
    import time

    if sys.platform == "win32":
        pytest.skip("signals of POSIX")
    for number in range(4):
        (project / f"m{number}.py").write_text("import cgi\n" + "x = [1, 2, 3]\n" * 20_000)
    tool = subprocess.Popen(
        [sys.executable, "-m", "py314_check", "--jobs", "2"],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(2)
    os.killpg(tool.pid, signal.SIGINT)
    _, err = tool.communicate(timeout=30)
    assert tool.returncode == 130
    assert b"Traceback" not in err
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            os.killpg(tool.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("worker processes are still there")
