from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from py314_check.discovery import DEFAULT_EXCLUDE, PathError, discover

needs_links = pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs symbolic links")


def write(root: Path, *names: str) -> None:
    """Makes empty files."""
    for name in names:
        put(root, name, "")


def put(root: Path, name: str, content: str | bytes) -> None:
    """Makes one file with this content."""
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(content.encode() if isinstance(content, str) else content)


def found(
    root: Path,
    *paths: str,
    exclude: Sequence[str] = DEFAULT_EXCLUDE,
    respect_gitignore: bool = True,
    force_exclude: bool = False,
    warnings: list[str] | None = None,
) -> list[str]:
    """What is discovered, relative to the root; by default nobody may be warned."""
    heard: list[str] = []
    files = discover(
        [root / path for path in paths or (".",)],
        root=root,
        exclude=exclude,
        respect_gitignore=respect_gitignore,
        force_exclude=force_exclude,
        warn=heard.append if warnings is None else warnings.append,
    )
    assert heard == []
    assert all(path.is_absolute() for path in files)
    return [Path(os.path.relpath(path, root)).as_posix() for path in files]


# What a walk takes.


def test_a_walk_takes_files_of_known_languages_only(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.pyi", "c.pyw", "pyproject.toml", "setup.cfg", "sub/pyproject.toml")
    write(tmp_path, "d.pyc", "e.txt", "f.py.orig", "poetry.toml", "README", ".hidden", "g.pyx.in")
    write(tmp_path, "h.c", "i.H", "j.cpp", "k.pyx", "l.cmake", "CMakeLists.txt", "m.o", "meson.build", "n.txt")
    write(tmp_path, "tox.ini", ".github/workflows/a.yml", ".github/workflows/b.yaml", "sub/action.yml", ".cirrus.yml")
    write(tmp_path, "requirements.txt", "dev-requirements.in", "requirements/x.txt", "requirements/y.md")
    write(tmp_path, ".github/dependabot.yml", ".github/workflows/more/c.yml", "github/workflows/d.yml", "o.yml")
    native = ["CMakeLists.txt", "h.c", "i.H", "j.cpp", "k.pyx", "l.cmake", "meson.build"]
    python = ["a.py", "b.pyi", "c.pyw", "pyproject.toml", "setup.cfg", "sub/pyproject.toml"]
    others = ["tox.ini", ".github/workflows/a.yml", ".github/workflows/b.yaml", "sub/action.yml", ".cirrus.yml"]
    others += ["requirements.txt", "dev-requirements.in", "requirements/x.txt"]
    assert found(tmp_path) == sorted([*native, *python, *others])


def test_a_directory_of_workflows_may_be_named_itself(tmp_path: Path) -> None:
    write(tmp_path, ".github/workflows/a.yml")
    assert found(tmp_path, ".github/workflows") == [".github/workflows/a.yml"]


def test_files_come_sorted_by_their_posix_spelling(tmp_path: Path) -> None:
    write(tmp_path, "b.py", "a/z.py", "a.py", "a-b/c.py", "C.py")
    assert found(tmp_path) == ["C.py", "a-b/c.py", "a.py", "a/z.py", "b.py"]


def test_a_file_that_is_reached_several_times_comes_once(tmp_path: Path) -> None:
    write(tmp_path, "pkg/a.py")
    assert found(tmp_path, ".", "pkg", "pkg/a.py", "pkg/../pkg/a.py") == ["pkg/a.py"]


def test_a_directory_named_like_a_module_is_walked(tmp_path: Path) -> None:
    write(tmp_path, "x.py/inner.py", "pyproject.toml/b.py")
    assert found(tmp_path) == ["pyproject.toml/b.py", "x.py/inner.py"]


@pytest.mark.parametrize(
    "first_line",
    [
        pytest.param("", id="empty file"),
        pytest.param("import os", id="Python without a shebang"),
        pytest.param("#!/bin/sh", id="shell"),
        pytest.param("#!/bin/sh -c python3", id="shell that mentions Python"),
        pytest.param("#!/home/python/bin/bash", id="Python in a directory name"),
        pytest.param("#!/usr/bin/python2", id="Python 2"),
        pytest.param("#!/usr/bin/env python2.7", id="Python 2.7 by env"),
        pytest.param("#!/usr/bin/env pypy2", id="PyPy 2"),
        pytest.param("#!/usr/bin/env pythonista", id="a longer word"),
        pytest.param("# !/usr/bin/python", id="a comment"),
        pytest.param(" #!/usr/bin/python", id="not at the start"),
        pytest.param("\n#!/usr/bin/python", id="on the second line"),
        pytest.param("#!/usr/bin/env uv run server", id="uv that runs something else"),
    ],
)
def test_a_file_without_suffix_is_left_out(tmp_path: Path, first_line: str) -> None:
    put(tmp_path, "tool", first_line + "\n")
    assert found(tmp_path) == []


@pytest.mark.parametrize(
    "first_line",
    [
        "#!/usr/bin/python",
        "#! /usr/bin/python3",
        "#!/usr/bin/python3.14 -u",
        "#!/opt/bin/python3.14t",
        "#!python",
        "#!/usr/bin/env python",
        "#!/usr/bin/env -S python3 -X dev",
        "#!/usr/bin/env -S -i LANG=C python3",
        "#!/usr/bin/env pypy3",
        "#!/usr/bin/pypy",
        "#!/usr/bin/env -S uv run --script",
        "#!C:\\Python314\\python.exe",
        "#!/usr/bin/python3\r",
    ],
)
def test_a_script_without_suffix_is_taken_for_its_first_line(tmp_path: Path, first_line: str) -> None:
    put(tmp_path, "tool", first_line + "\n")
    put(tmp_path, "tool.rb", first_line + "\n")
    assert found(tmp_path) == ["tool"]


def test_a_walk_takes_what_says_how_programs_are_run(tmp_path: Path) -> None:
    taken = [".env", ".env.test", "Containerfile", "Dockerfile", "Dockerfile.dev", "a.service", "app.Dockerfile"]
    taken += ["compose.yaml", "docker-compose.dev.yml", "prod.env", "run.bash", "run.sh"]
    write(tmp_path, *taken, ".envrc", "Dockerfiles", "a.timer", "composer.yml", "docker-compose.txt", "env", "run.zsh")
    assert found(tmp_path) == taken


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["pipe", "pipe.py", ".gitignore"])
def test_a_walk_never_opens_a_pipe(tmp_path: Path, name: str) -> None:
    write(tmp_path, "a.py")
    os.mkfifo(tmp_path / name)
    assert found(tmp_path) == ["a.py"]


# Paths that are named.


def test_a_named_file_is_taken_whatever_it_is_called_and_wherever_it_lies(tmp_path: Path) -> None:
    write(tmp_path, "notes.txt", "build/a.py", "ignored.py")
    put(tmp_path, ".gitignore", "ignored.py\n")
    assert found(tmp_path, "notes.txt", "build/a.py", "ignored.py") == ["build/a.py", "ignored.py", "notes.txt"]


def test_a_named_directory_is_walked_although_it_is_excluded(tmp_path: Path) -> None:
    write(tmp_path, "build/a.py", "build/dist/b.py", "gen/c.py")
    put(tmp_path, ".gitignore", "gen/\n")
    assert found(tmp_path) == []
    assert found(tmp_path, "build", "gen") == ["build/a.py", "gen/c.py"]


def test_in_a_named_directory_its_own_ignore_file_holds(tmp_path: Path) -> None:
    write(tmp_path, "build/deep/a.py", "build/deep/b.py", "build/deep/c.py")
    put(tmp_path, "build/.gitignore", "a.py\n")
    put(tmp_path, "build/deep/.gitignore", "b.py\n")
    assert found(tmp_path, "build/deep") == ["build/deep/c.py"]


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        pytest.param("src/a.py", True, id="a plain file"),
        pytest.param("src/notes.txt", True, id="a plain file of another kind"),
        pytest.param("src", True, id="a plain directory"),
        pytest.param(".", True, id="the root"),
        pytest.param("build/deep/a.py", False, id="a file below an excluded directory"),
        pytest.param("build/deep", False, id="a directory below an excluded directory"),
        pytest.param("build", False, id="an excluded directory"),
        pytest.param("src/gen/a.py", False, id="a file below an ignored directory"),
        pytest.param("src/a_pb2.py", False, id="an ignored file"),
    ],
)
def test_force_exclude_holds_for_what_is_named(tmp_path: Path, path: str, taken: bool) -> None:
    write(tmp_path, "src/a.py", "src/notes.txt", "build/deep/a.py", "src/gen/a.py", "src/a_pb2.py")
    put(tmp_path, ".gitignore", "*_pb2.py\n")
    put(tmp_path, "src/.gitignore", "/gen\n")
    assert bool(found(tmp_path, path, force_exclude=True)) is taken


def test_force_exclude_does_not_look_above_the_root(tmp_path: Path) -> None:
    root = tmp_path / "build" / "project"
    write(root, "a.py")
    assert found(root, "a.py", force_exclude=True) == ["a.py"]


def test_force_exclude_without_gitignore_heeds_excludes_alone(tmp_path: Path) -> None:
    write(tmp_path, "a_pb2.py", "build/a.py")
    put(tmp_path, ".gitignore", "*_pb2.py\n")
    paths = ("a_pb2.py", "build/a.py")
    assert found(tmp_path, *paths, force_exclude=True, respect_gitignore=False) == ["a_pb2.py"]


def test_paths_outside_of_the_root_are_looked_at(tmp_path: Path) -> None:
    write(tmp_path, "root/a.py", "other/b.py", "other/ignored.py", "other/build/c.py")
    put(tmp_path, "other/.gitignore", "ignored.py\n")
    put(tmp_path, "root/.gitignore", "b.py\n")
    root = tmp_path / "root"
    assert found(root, "../other", ".") == ["../other/b.py", "a.py"]
    assert found(root, "../other/b.py", "../other/ignored.py", force_exclude=True) == ["../other/b.py"]


@pytest.mark.parametrize("path", ["missing", "a.py/below", "nul\0l"])
def test_a_path_that_does_not_exist_is_an_error_that_names_it(tmp_path: Path, path: str) -> None:
    write(tmp_path, "a.py")
    with pytest.raises(PathError) as caught:
        found(tmp_path, path)
    assert path.replace("\0", "\\x00") in str(caught.value)
    assert "check" in str(caught.value)


def test_a_path_that_may_not_be_looked_at_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(PathError, match=r"a\.py: cannot be read \(Permission denied\)"):
        discover(
            [Path("a.py")], root=tmp_path, exclude=[], respect_gitignore=False, force_exclude=False, warn=pytest.fail
        )


# Excludes.


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        pytest.param("nothing", ["docs/gen/deep/a.py", "docs/gen/b.py", "docs/gen.py", "gen/c.py"], id="no match"),
        pytest.param("Gen", ["docs/gen/deep/a.py", "docs/gen/b.py", "docs/gen.py", "gen/c.py"], id="another case"),
        pytest.param("ge", ["docs/gen/deep/a.py", "docs/gen/b.py", "docs/gen.py", "gen/c.py"], id="part of a name"),
        pytest.param(
            "deep/a.py", ["docs/gen/deep/a.py", "docs/gen/b.py", "docs/gen.py", "gen/c.py"], id="not the root's"
        ),
        pytest.param("gen", ["docs/gen.py"], id="name of a directory, anywhere"),
        pytest.param("gen.py", ["docs/gen/deep/a.py", "docs/gen/b.py", "gen/c.py"], id="name of a file"),
        pytest.param("[bc].py", ["docs/gen/deep/a.py", "docs/gen.py"], id="glob for names"),
        pytest.param("g?n*", [], id="glob for names of both"),
        pytest.param("docs/gen", ["docs/gen.py", "gen/c.py"], id="path from the root"),
        pytest.param("./gen/", ["docs/gen/deep/a.py", "docs/gen/b.py", "docs/gen.py"], id="path with dot and slash"),
        pytest.param("docs/gen/*.py", ["docs/gen.py", "gen/c.py"], id="star reaches across slashes, as in ruff"),
        pytest.param("docs/**/a.py", ["docs/gen/b.py", "docs/gen.py", "gen/c.py"], id="double star"),
        pytest.param(
            "docs/gen/**/b.py", ["docs/gen/deep/a.py", "docs/gen.py", "gen/c.py"], id="double star for nothing"
        ),
        pytest.param("**/gen", ["docs/gen.py"], id="double star in front"),
        pytest.param("docs/**", ["gen/c.py"], id="double star behind"),
        pytest.param("{docs,other}/gen", ["docs/gen.py", "gen/c.py"], id="alternatives"),
        pytest.param("{a,b,c}.py", ["docs/gen.py"], id="alternatives for names"),
    ],
)
def test_excludes_match_as_in_ruff(tmp_path: Path, pattern: str, left: list[str]) -> None:
    write(tmp_path, "docs/gen/deep/a.py", "docs/gen/b.py", "docs/gen.py", "gen/c.py")
    assert sorted(found(tmp_path, exclude=[pattern])) == sorted(left)


def test_an_exclude_may_be_an_absolute_path(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py", "b/x.py")
    assert found(tmp_path, exclude=[str(tmp_path / "a")]) == ["b/x.py"]


def test_a_root_with_glob_characters_is_taken_literally(tmp_path: Path) -> None:
    root = tmp_path / "a[b]"
    write(root, "docs/x.py", "y.py")
    assert found(root, exclude=["docs/x.py"]) == ["y.py"]


def test_braces_of_a_template_are_no_alternatives(tmp_path: Path) -> None:
    write(tmp_path, "{{cookiecutter.name}}/a.py", "cookiecutter.name/b.py")
    assert found(tmp_path, exclude=["{{cookiecutter.name}}"]) == ["cookiecutter.name/b.py"]


def test_the_defaults_leave_out_what_nobody_wrote(tmp_path: Path) -> None:
    write(tmp_path, *(f"{name}/a.py" for name in DEFAULT_EXCLUDE), "src/node_modules/x/a.py", "env/a.py")
    assert found(tmp_path) == ["env/a.py"]
    assert list(DEFAULT_EXCLUDE) == sorted(DEFAULT_EXCLUDE)


# Ignore files. The cases hold for git itself: see the test that asks it.

IGNORE_CASES = {
    "nothing is ignored by comments and blank lines": {"": "# a.py\n\n   \n"},
    "a name matches at any depth": {"": "a.py\n"},
    "a name with a slash in front matches beside the file alone": {"": "/a.py\n"},
    "a path with a slash within is relative to the file": {"": "sub/a.py\n"},
    "a pattern for directories leaves files alone": {"": "a.py/\ndeep/\n"},
    "a directory is not entered, so nothing in it comes back": {"": "sub\n!sub/a.py\n"},
    "what is in a directory may come back": {"": "sub/*\n!sub/a.py\n"},
    "a double star behind spares the directory itself": {"": "sub/**\n!sub/a.py\n"},
    "a double star behind reaches all the way down": {"": "sub/**\n!sub/deep/\n"},
    "a double star in the middle is any depth": {"": "sub/**/c.py\n"},
    "a double star in front is any depth": {"": "**/deep\n"},
    "a white list": {"": "/*\n!/sub/\n"},
    "a white list of kinds": {"": "*\n!*/\n!*.py\n"},
    "the last line decides": {"": "!a.py\na.py\n"},
    "the last line decides, a name after a path": {"": "/a.py\n!a.py\n"},
    "the last line decides, a path after a name": {"": "*.py\n!/a.py\n"},
    "a directory that comes back does not bring back what else is ignored in it": {"": "deep/\n!sub/\n"},
    "a nested file decides over one above": {"": "*.py\n", "sub": "!a.py\n"},
    "a nested file decides for its own directory alone": {"sub": "a.py\n/deep/a.py\n"},
    "a nested negation does not reach into an ignored directory": {"": "sub\n", "sub": "!*\n"},
    "a deeper file decides over both": {"": "a.py\n", "sub": "!a.py\n", "sub/deep": "a.py\n"},
    "an escaped mark of a comment or a negation is a name": {"": "\\#c.py\n\\!d.py\n"},
    "trailing spaces count for nothing": {"": "a.py  \n"},
    "an escaped trailing space counts": {"": "a.py\\ \n"},
    "line ends of Windows": {"": "a.py\r\nb.py\r\n"},
    "a byte order mark": {"": "\ufeffa.py\n"},
    "a character class": {"": "[ab].py\n"},
    "a negated character class": {"": "[!ab].py\n"},
    "a star stops at a slash": {"": "/*/a.py\n"},
    "an unclosed class matches nothing": {"": "[a\nb.py\n"},
}
TREE = ("a.py", "b.py", "#c.py", "!d.py", "c.py", "sub/a.py", "sub/b.py", "sub/c.py", "sub/deep/a.py", "sub/deep/c.py")


def ignore_tree(root: Path, files: dict[str, str]) -> None:
    write(root, *TREE)
    for directory, content in files.items():
        put(root, f"{directory or '.'}/.gitignore", content)


@pytest.mark.external
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("files", IGNORE_CASES.values(), ids=IGNORE_CASES)
def test_ignore_files_are_understood_as_git_does(tmp_path: Path, files: dict[str, str]) -> None:
    ignore_tree(tmp_path, files)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    command = ["git", "-c", "core.excludesFile=", "ls-files", "-z", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout.decode().split("\0")
    assert found(tmp_path, warnings=[]) == sorted(name for name in listed if name.endswith(".py"))


@pytest.mark.parametrize(
    ("case", "ignored"),
    [
        ("nothing is ignored by comments and blank lines", []),
        ("a name with a slash in front matches beside the file alone", ["a.py"]),
        ("a path with a slash within is relative to the file", ["sub/a.py"]),
        ("a pattern for directories leaves files alone", ["sub/deep/a.py", "sub/deep/c.py"]),
        (
            "a double star behind spares the directory itself",
            ["sub/b.py", "sub/c.py", "sub/deep/a.py", "sub/deep/c.py"],
        ),
        (
            "a directory that comes back does not bring back what else is ignored in it",
            ["sub/deep/a.py", "sub/deep/c.py"],
        ),
        ("an escaped trailing space counts", []),
        ("the last line decides, a name after a path", []),
        ("the last line decides, a path after a name", [name for name in TREE if name != "a.py"]),
        ("a double star behind reaches all the way down", [name for name in TREE if "sub" in name]),
        ("a deeper file decides over both", ["a.py", "sub/deep/a.py"]),
        ("a nested negation does not reach into an ignored directory", [name for name in TREE if "sub" in name]),
    ],
)
def test_ignore_files_are_understood(tmp_path: Path, case: str, ignored: list[str]) -> None:
    ignore_tree(tmp_path, IGNORE_CASES[case])
    assert found(tmp_path) == sorted(set(TREE) - set(ignored))
    assert found(tmp_path, *TREE, force_exclude=True) == sorted(set(TREE) - set(ignored))
    assert found(tmp_path, respect_gitignore=False) == sorted(TREE)


def test_ignore_files_above_the_start_hold_up_to_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "pkg/sub/a.py", "pkg/sub/b.py", "pkg/sub/c.py", "pkg/sub/d.py")
    put(tmp_path, ".gitignore", "d.py\n")
    put(root, ".gitignore", "a.py\n")
    put(root, "pkg/.gitignore", "/sub/b.py\n")
    assert found(root, "pkg/sub") == ["pkg/sub/c.py", "pkg/sub/d.py"]


def test_the_repository_s_own_exclude_file_is_heeded_and_overruled(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.py", "sub/a.py")
    put(tmp_path, ".git/info/exclude", "*.py\n")
    put(tmp_path, ".gitignore", "!b.py\n")
    put(tmp_path, "sub/.gitignore", "!a.py\n")
    assert found(tmp_path) == ["b.py", "sub/a.py"]


def test_a_worktree_has_no_exclude_file_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    put(tmp_path, ".git", "gitdir: ../elsewhere\n")
    assert found(tmp_path) == ["a.py"]


@pytest.mark.parametrize("line", ["!", "a.py\\", "[b-a]", "[a", "[[:digit:]].py", "nul\0l"])
def test_a_bad_line_is_reported_and_only_that_line_is_ignored(tmp_path: Path, line: str) -> None:
    write(tmp_path, "a.py", "b.py", "c.py", "sub/x.py")
    put(tmp_path, "sub/.gitignore", "# first\nx.py\n")
    put(tmp_path, ".gitignore", f"a.py\n{line}\nb.py\n")
    warnings: list[str] = []
    assert found(tmp_path, ".", "sub", warnings=warnings) == ["c.py"]
    assert len(warnings) == 1
    assert warnings[0].startswith(".gitignore:2: ")
    assert repr(line) in warnings[0]


def test_character_classes_that_python_has_plans_for_are_no_warning(tmp_path: Path) -> None:
    write(tmp_path, "[.py", "a.py", "b.py")
    put(tmp_path, ".gitignore", "[[a].py\n[c||d].py\n")
    assert found(tmp_path) == ["b.py"]


def test_bytes_that_are_no_text_match_themselves(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "b.py")
    put(tmp_path, ".gitignore", b"\xff\xfe.py\na.py\n")
    if sys.platform == "linux":
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.py")).write_bytes(b"")
    assert found(tmp_path) == ["b.py"]


def test_an_ignore_file_that_cannot_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.py", ".gitignore")
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == ".gitignore":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    warnings: list[str] = []
    assert found(tmp_path, warnings=warnings) == ["a.py"]
    assert warnings == [".gitignore: this file cannot be read (Permission denied); its patterns are not applied."]


def test_pathspec_is_left_alone_where_no_pattern_is_found(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    put(tmp_path, ".gitignore", "# nothing\n")
    put(tmp_path, ".git/info/exclude", "# nothing\n")
    code = (
        "import sys; from pathlib import Path; from py314_check.discovery import discover\n"
        "root = Path(sys.argv[1])\n"
        "discover([root], root=root, exclude=[], respect_gitignore=True, force_exclude=True, warn=print)\n"
        "assert not {'pathspec', 'libcst', 'tomli'} & set(sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=environment)


# Links, and directories that cannot be read.


@needs_links
def test_links_to_directories_are_not_followed_so_that_loops_do_no_harm(tmp_path: Path) -> None:
    write(tmp_path, "root/pkg/a.py", "elsewhere/b.py")
    (tmp_path / "root/pkg/loop").symlink_to(tmp_path / "root")
    (tmp_path / "root/pkg/loop.py").symlink_to(tmp_path / "root")
    (tmp_path / "root/away").symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path / "root") == ["pkg/a.py"]


@needs_links
def test_a_named_link_to_a_directory_is_followed(tmp_path: Path) -> None:
    write(tmp_path, "elsewhere/b.py", "root/a.py")
    (tmp_path / "root/away").symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path / "root", "away") == ["away/b.py"]


@needs_links
def test_broken_links_are_silent_in_a_walk_and_an_error_when_named(tmp_path: Path) -> None:
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self.py").symlink_to(tmp_path / "self.py")
    (tmp_path / "null.py").symlink_to("/dev/null")
    assert found(tmp_path) == []
    with pytest.raises(PathError, match=r"gone\.py"):
        found(tmp_path, "gone.py")
    with pytest.raises(PathError, match=r"self\.py"):
        found(tmp_path, "self.py")


@needs_links
def test_a_link_to_a_file_is_taken_unless_its_file_is_found_or_hidden(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root, "real.py", "build/built.py", "ignored.py", "other/far.py", "pkg/a.py")
    write(tmp_path, "outside.py")
    put(root, ".gitignore", "/ignored.py\n")
    for name, target in {
        "again": root / "real.py",
        "built": root / "build/built.py",
        "ignored": root / "ignored.py",
        "far": root / "other/far.py",
        "outside": tmp_path / "outside.py",
        "outside_again": tmp_path / "outside.py",
    }.items():
        (root / f"pkg/{name}.py").symlink_to(target)
    assert found(root) == ["other/far.py", "pkg/a.py", "pkg/outside.py", "real.py"]
    assert found(root, "pkg") == ["pkg/a.py", "pkg/again.py", "pkg/far.py", "pkg/outside.py"]


@needs_links
def test_a_root_that_is_reached_by_a_link_keeps_its_name(tmp_path: Path) -> None:
    write(tmp_path, "real/a.py")
    (tmp_path / "real/b.py").symlink_to("a.py")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert found(tmp_path / "link") == ["a.py"]


def test_a_directory_that_cannot_be_read_is_reported_and_the_walk_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "a/x.py", "b/x.py", "c/x.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    warnings: list[str] = []
    assert found(tmp_path, ".", "b", warnings=warnings) == ["a/x.py", "c/x.py"]
    assert warnings == ["b: this directory cannot be read (Permission denied); nothing in it was checked."]


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="permission bits do not bind root"
)
def test_permission_bits_are_reported_and_the_walk_goes_on(tmp_path: Path) -> None:
    write(tmp_path, "a/x.py", "b/x.py", "tool")
    (tmp_path / "a").chmod(0)
    (tmp_path / "tool").chmod(0)
    warnings: list[str] = []
    try:
        assert found(tmp_path, warnings=warnings) == ["b/x.py"]
    finally:
        (tmp_path / "a").chmod(0o700)
    assert len(warnings) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.one_of(st.binary(), st.text("a.py!#\\/*?[]-:^{} \n\r\0", max_size=40).map(str.encode)))
def test_no_ignore_file_does_any_harm(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "a.py", "p/y.py")
    put(tmp_path, ".gitignore", content)
    put(tmp_path, "p/.gitignore", content[::-1])
    assert set(found(tmp_path, warnings=[])) <= {"a.py", "p/y.py"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(pattern=st.text("a.py!/*?[]-^{},", max_size=20))
def test_no_exclude_does_any_harm(tmp_path: Path, pattern: str) -> None:
    write(tmp_path, "a.py", "p/y.py")
    assert set(found(tmp_path, exclude=[pattern])) <= {"a.py", "p/y.py"}
