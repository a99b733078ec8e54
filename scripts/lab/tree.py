"""Where things are in the tree. Every path the lab uses is made here."""

import os
from pathlib import Path

from lab.errors import NO_INPUT, CycloneError


class Tree:
    """One checkout; `extra_variants` is a folder of variants kept outside it, or None."""

    def __init__(self, root, extra_variants=None):
        self.root = Path(root).resolve()
        self.extra_variants = Path(extra_variants).resolve() if extra_variants else None
        if self.extra_variants and not self.extra_variants.is_dir():
            raise CycloneError("the folder of variants does not exist", str(extra_variants),
                               "cyclone new-variant timer NAME --dir DIR makes one", NO_INPUT)
        if self.extra_variants and not any(
                (self.extra_variants / c / "registry.def").is_file() for c in self.components()):
            raise CycloneError("the folder of variants has no registry", str(extra_variants),
                               "it must hold COMPONENT/registry.def and the headers beside it, "
                               "as DIR/timer/registry.def and DIR/timer/NAME.hpp", NO_INPUT)

    @classmethod
    def here(cls, extra_variants=None):
        default = Path(__file__).resolve().parents[2]
        return cls(os.environ.get("CYCLONE_ROOT") or default, extra_variants)

    @property
    def build(self):
        return self.root / "build"

    @property
    def results(self):
        return self.root / "reports" / "out"

    @property
    def evidence(self):
        return self.build / "evidence.json"

    def preset(self, name):
        return self.build / name

    def bench(self, component, variant):
        return self.preset("release") / "bench" / component / variant

    def test_binary(self, component, preset="release"):
        return self.preset(preset) / "tests" / component / f"{component}_tests"

    def components(self):
        return sorted(p.parent.name for p in self.root.glob("variants/*/registry.def"))

    def variant_folders(self, component):
        """The folders that may hold a registry of this component, the tree's own first."""
        folders = [self.root / "variants" / component]
        if self.extra_variants:
            folders.append(self.extra_variants / component)
        return [f for f in folders if f.is_dir()]

    def suite_files(self):
        return sorted(self.root.glob("experiments/suites/*.toml"))

    def claim_files(self):
        return sorted(self.root.glob("experiments/*/claims/*.toml"))

    def relative(self, path):
        """A path as the user would type it from the root; absolute where it lies outside."""
        path = Path(path)
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)
