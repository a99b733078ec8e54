"""Compiles the Coq proofs, looks at what they assume, and breaks the models to see them refused.

Usage: prove.py --out FOLDER [--preset NAME]. Exit 0: every theorem is proven from nothing, and
every seeded bug made the proofs fail. Seconds; no network.
"""

import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ProofError, arguments, finish, record, run  # noqa: E402

HERE = Path(__file__).resolve().parent
# In the order in which they need one another; the last prints the assumptions.
FILES = ("constants", "digits", "lists", "hierarchical_wheel", "hierarchical_theorems",
         "hierarchical_advance", "noncascading_wheel", "instance")
CLOSED = "Closed under the global context"
_SECONDS = 300
_FORBIDDEN = re.compile(r"\b(Admitted|admit|Axioms?|Conjecture|Parameters?|give_up|Abort|"
                        r"bypass_check|Unset\s+(?:Guard|Positivity|Universe)\s+Checking|"
                        r"type_in_type|Declare\s+Module)\b")
_THEOREM = re.compile(r"^(?:Theorem|Corollary)\s+(\w+)", re.M)
_LISTED = re.compile(r"@([\w.]+)")

# file, text, what a mistaken author writes, what that breaks
MUTANTS = (
    ("digits", "if d / pow m =? c / pow m then", "if (d - c) / pow m =? 0 then",
     "level from the distance instead of the differing digit"),
    ("digits", "then level_below m d c else m", "then level_below m d c else n",
     "one wheel too high"),
    ("hierarchical_wheel", "(fun p => place at_ (what p)) (filter (in_slot l (digit at_ l)) ps)",
     "(fun p => place at_ (what p)) (tl (filter (in_slot l (digit at_ l)) ps))",
     "a cascade loses a timer of the slot"),
    ("hierarchical_wheel", "Z.max d (now w + 1) < top ->", "d <= top ->",
     "a deadline is taken for which no wheel has a place"),
    ("hierarchical_wheel", ": Z :=\n  fold_right Z.min B", ": Z :=\n  fold_right Z.max 0",
     "takes the farthest slot for the nearest"),
    ("hierarchical_wheel", "let after := if Nat.eqb l 0 then held w else",
     "let after := if Nat.eqb l 0 then held w else if Nat.eqb l 1 then held w else",
     "a slot of the second wheel is entered without a cascade"),
    ("hierarchical_wheel", "Wheel (now w) (cursor w) (filter (fun p => negb",
     "Wheel (now w) (cursor w) (filter (fun p =>", "stop keeps the timer and drops the others"),
    ("hierarchical_advance", "if at_ <=? now w then", "if at_ <? now w then",
     "due only after its deadline: one tick late"),
    ("noncascading_wheel", "(due + granule l - 1) / granule l.", "due / granule l.",
     "rounds down: early"),
    ("noncascading_wheel", "(due + granule l - 1) / granule l.", "(due + granule l) / granule l.",
     "rounds up a whole granule: later than declared"),
    ("noncascading_wheel", "if distance <? (M - 1) * granule l then",
     "if distance <? M * granule l then", "a whole lap on one level"),
)


def without_comments(text):
    """Coq comments nest."""
    kept, depth, at = [], 0, 0
    for found in re.finditer(r"\(\*|\*\)", text):
        if depth == 0:
            kept.append(text[at:found.start()])
        depth += 1 if found.group() == "(*" else -1
        at = found.end()
    return "".join(kept) + text[at:]


def compile_all(folder, first=0):
    """(file that fails or None, output) of the files from `first` on, in `folder`."""
    said = ""
    for name in FILES[first:]:
        code, out = run(["coqc", "-q", "-Q", ".", "cyclone", f"{name}.v"], _SECONDS, cwd=folder)
        said += out
        if code != 0:
            return name, out
    return None, said


def check_words():
    """The theorems, all of which are in the tuple that instance.v prints the assumptions of;
    raises if one is not, or if the text takes a shortcut."""
    theorems = {}
    for name in FILES:
        text = without_comments((HERE / f"{name}.v").read_text(encoding="utf-8"))
        if found := _FORBIDDEN.search(text):
            raise ProofError(f"{name}.v says {found.group()}: prove it instead")
        theorems |= {(t, name): 0 for t in _THEOREM.findall(text)}
    last = without_comments((HERE / "instance.v").read_text(encoding="utf-8"))
    printed = _LISTED.findall(last[last.index("Definition theorems"):])
    if not last.rstrip().endswith("Print Assumptions theorems."):
        raise ProofError("instance.v does not end with Print Assumptions theorems.")
    known = {f"noncascading_wheel.{t}" if f == "noncascading_wheel" else t for t, f in theorems}
    if known != set(printed) or len(printed) != len(known):
        raise ProofError("instance.v prints the assumptions of other theorems than there are: "
                         + ", ".join(sorted(known ^ set(printed))))
    return printed


def lay_out(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in FILES:
        shutil.copy(HERE / f"{name}.v", folder)


def survivors(out):
    """The seeded bugs that the proofs accept. Each is compiled beside what is sound before it."""
    alive = []
    for number, (name, text, broken, breaks) in enumerate(MUTANTS, 1):
        source = (HERE / f"{name}.v").read_text(encoding="utf-8")
        if source.count(text) != 1:
            raise ProofError(f"mutant {number} ({breaks}): {name}.v has its text "
                             f"{source.count(text)} times, not once; see MUTANTS in prove.py")
        folder = out / f"mutant{number}"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(out / "coq", folder)
        (folder / f"{name}.v").write_text(source.replace(text, broken), encoding="utf-8")
        where, said = compile_all(folder, FILES.index(name))
        if where is None:
            alive.append(breaks)
        else:
            line = re.search(r"line (\d+)", said)
            print(f"  refused in {where}.v:{line.group(1) if line else '?'}: {breaks}")
        shutil.rmtree(folder)
    return alive


def main():
    given = arguments(__doc__)
    version = run(["coqc", "--print-version"], 60)[1].split()[0]
    printed = check_words()
    lay_out(given.out / "coq")
    where, said = compile_all(given.out / "coq")
    flat = [t for t in printed if t.startswith("noncascading_wheel.")]
    closed = said.rstrip().endswith(CLOSED) and "Axioms:" not in said
    passed = where is None and closed
    alive = survivors(given.out) if passed else []
    for variant, cases in (("hierarchical_wheel", len(printed) - len(flat)),
                           ("noncascading_wheel", len(flat))):
        record("timer", variant, "coq", f"coqc {version}", given.preset, passed and not alive,
               cases, f"{cases} theorems, no axioms; {len(MUTANTS) - len(alive)} of {len(MUTANTS)} "
               "broken models refused")
    if where is not None:
        raise ProofError(f"{where}.v does not compile\n{said}")
    if not passed:
        raise ProofError(f"the theorems assume something\n{said}")
    if alive:
        raise ProofError("these broken models are accepted: " + "; ".join(alive))
    print(f"{len(printed)} theorems, all closed under the global context; "
          f"{len(MUTANTS)} broken models refused (coqc {version})")


if __name__ == "__main__":
    finish(main)
