"""The hooks of .pre-commit-hooks.yaml under the real pre-commit, which installs this tool as it would for a user."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.external

ROOT = Path(__file__).parents[2]
MANIFEST = ".pre-commit-hooks.yaml"
BAD = "import cgi\n\nprint(cgi)\n"
GOOD = "try:\n    import cgi\nexcept ImportError:\n    cgi = None\n"
ENTRY_POINT = "[project]\nname = 'guestbook'\nversion = '1'\n\n[project.scripts]\nerrors = 'cgitb:enable'\n"
DEPENDENCY = "[project]\nname = 'guestbook'\nversion = '1'\ndependencies = ['legacy-cgi']\n"


def run(*command: str | Path, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program with pre-commit's files under ``home``, and with a name for git."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "COV_"))}
    for role in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{role}_NAME": "Test", f"GIT_{role}_EMAIL": "test@example.org"}
    environment |= {"PRE_COMMIT_HOME": str(home), "PRE_COMMIT_COLOR": "never", "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def commit_all(directory: Path, home: Path) -> None:
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--no-verify", "--message", "all")):
        done = run("git", *command, cwd=directory, home=home)
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One pre-commit home for all tests here: the tool is installed once."""
    return tmp_path_factory.mktemp("pre-commit-home")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Path:
    """A git repository with what the working tree holds, uncommitted and new files too."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT, home=home)
    if listed.returncode != 0:
        pytest.skip("the tests do not run in a git repository")
    copy = tmp_path_factory.mktemp("hooks") / "py314-check"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    commit_all(copy, home)
    return copy


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, home: Path) -> None:
    """Skips where the tool's dependencies cannot be installed for want of a package index."""
    directory = tmp_path_factory.mktemp("index")
    environment = directory / "venv"
    made = run(sys.executable, "-m", "virtualenv", "--quiet", environment, cwd=directory, home=home)
    assert made.returncode == 0, made.stderr
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = (str(python), "-m", "pip", "--disable-pip-version-check")
    if run(*pip, "download", "--quiet", "--no-deps", "hatchling", cwd=directory, home=home).returncode != 0:
        pytest.skip("pip cannot reach a package index")


def write(directory: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(content, encoding="utf-8")


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("content", "status", "says"),
    [pytest.param(GOOD, 0, "Passed", id="good file"), pytest.param(BAD, 1, "app.py:1:8", id="bad file")],
)
def test_try_repo(hooks: Path, home: Path, tmp_path: Path, content: str, status: int, says: str) -> None:
    write(tmp_path, {"app.py": content})
    commit_all(tmp_path, home)
    done = run(sys.executable, "-m", "pre_commit", "try-repo", hooks, "--all-files", cwd=tmp_path, home=home)
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stdout.count(says) == 2, done.stdout  # once for each hook


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("hook", "files", "status", "says"),
    [
        pytest.param("py314-check", {"pyproject.toml": ENTRY_POINT}, 0, "no files to check", id="files: no metadata"),
        pytest.param(
            "py314-check",
            {"vendor/app.py": BAD, "py314-check.toml": "exclude = ['vendor']\n"},
            0,
            "Passed",
            id="files: excluded though named",
        ),
        pytest.param(
            "py314-check-project", {"pyproject.toml": ENTRY_POINT}, 1, "pyproject.toml:6:11", id="project: metadata"
        ),
        pytest.param(
            "py314-check-project",
            {"app.py": BAD, "pyproject.toml": DEPENDENCY},
            0,
            "Passed",
            id="project: declared backport",
        ),
    ],
)
def test_configured(
    hooks: Path, home: Path, tmp_path: Path, hook: str, files: dict[str, str], status: int, says: str
) -> None:
    revision = run("git", "rev-parse", "HEAD", cwd=hooks, home=home).stdout.strip()
    repository = {"repo": str(hooks), "rev": revision, "hooks": [{"id": hook}]}
    write(tmp_path, {**files, ".pre-commit-config.yaml": json.dumps({"repos": [repository]})})  # JSON is YAML too
    commit_all(tmp_path, home)
    done = run(sys.executable, "-m", "pre_commit", "run", "--all-files", cwd=tmp_path, home=home)
    assert done.returncode == status, done.stdout + done.stderr
    assert says in done.stdout


def test_manifest_is_valid(home: Path) -> None:
    done = run(sys.executable, "-m", "pre_commit", "validate-manifest", MANIFEST, cwd=ROOT, home=home)
    assert done.returncode == 0, done.stdout + done.stderr
