"""EXT312 pyo3-stable-abi."""

from __future__ import annotations

from dataclasses import replace

from py314_check.api import CargoDependency, Confidence, Crate, Impact, Level, Rule, Setting, Words
from py314_rules.native.pyo3 import CRATES, first_version


class Pyo3StableAbi(Rule):
    """PyO3's feature `abi3`, whose wheels free-threaded Python cannot install.

    ## What it does
    Reports the features `abi3` and `abi3-py3X` of `pyo3` and `pyo3-ffi` in `Cargo.toml`: where the crate is depended
    on, and in the crate's own default features.

    Nothing is reported where the project shows that it knows: a module that says `gil_used = false`, a build file or
    workflow that names free-threaded wheels (`cp314t`, `3.14t`) or support (the classifier `Free Threading`), the
    feature `abi3t`; nor where PyO3 is too old to build for free-threaded Python at all, which is EXT311.

    ## Why it matters
    One `abi3` wheel serves many versions of Python, but no free-threaded one: these had no stable ABI before Python
    3.15. When PyO3 is built for them, it leaves the feature out of account and makes a wheel for that version alone. A
    project that publishes only its `abi3` wheel has none for free-threaded Python, and users have to build it.

    ## Example
    ```toml
    [dependencies]
    pyo3 = { version = "0.29", features = ["abi3-py310"] }
    ```

    ## Use instead
    ```toml
    [dependencies]
    pyo3 = { version = "0.29", features = ["abi3-py310", "abi3t-py315"] }
    ```

    ## Fix safety
    There is no fix: it is for the release workflow to build a wheel for 3.14t (`maturin build -i python3.14t`) beside
    the `abi3` wheel, and one for `abi3t` from Python 3.15 on, for which PyO3 0.29 has the feature.

    ## References
    - [PyO3 0.29.0](https://github.com/PyO3/pyo3/releases/tag/v0.29.0)
    - [PEP 803](https://peps.python.org/pep-0803/)
    """

    code, name = "EXT312", "pyo3-stable-abi"
    level, impact, confidence = Level.NOTE, Impact.BLOCKS_FREE_THREADING, Confidence.MEDIUM
    free_threading = True
    languages = frozenset({"cargo"})
    words = (Words("pyo3", "abi3"), *(Words("pyo3", f"py3{minor}") for minor in range(7, 20)))

    def visit_CargoDependency(self, dependency: CargoDependency) -> None:
        self._check(dependency.crate, [(one, str(one.value)) for one in dependency.features])

    def visit_Setting(self, setting: Setting) -> None:
        crate, _, feature = str(setting.value).partition("/")
        if setting.keys[:2] == ("features", "default"):
            self._check(crate.rstrip("?"), [(setting, feature)])

    def _check(self, crate: str, features: list[tuple[Setting, str]]) -> None:
        stable = [(event, feature) for event, feature in features if feature.partition("-")[0] == "abi3"]
        if crate not in CRATES or not stable or any(feature.startswith("abi3t") for _, feature in features):
            return
        event, feature = stable[0]
        self.report(
            event,
            f"Free-threaded Python cannot install the wheels of the feature `{feature}`.",
            help="Publish a wheel for 3.14t beside them, which PyO3 makes for that version alone. From 3.15 on, the"
            " feature `abi3t` of PyO3 0.29 makes one for all.",
            symbol=feature,
            unless=("gil_used = false",),
            unless_built_with=("Free Threading", "14t"),
            crate=Crate(crate, since=first_version(replace(self.context.target, free_threaded=True))),
        )
