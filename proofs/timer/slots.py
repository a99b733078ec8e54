"""Lemmas about the slot arithmetic, on all 64-bit arguments of the contract, by an SMT solver; and
the classic mistakes, each of which must have a counterexample, printed in readable form.

Usage: slots.py --out FOLDER [--preset NAME]. Exit 0: every lemma holds and every
mistake is refuted.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ProofError, arguments, finish, record  # noqa: E402

try:
    import z3
    from timer import mistakes
    from timer.lemmas import DIGITS, DISTANCES, digit_lemmas, distance_lemmas
except ImportError as missing:
    sys.exit(f"proof: error: {missing}\n  remedy: scripts/setup test")

_MILLISECONDS = 60_000


def counterexample(lemma):
    """None if the lemma holds for all values of its variables; else {variable: value}."""
    solver = z3.SolverFor("QF_BV")
    solver.set("timeout", _MILLISECONDS)
    solver.add(*lemma.given, z3.Not(lemma.holds))
    answer = solver.check()
    if answer == z3.unsat:
        return None
    if answer == z3.unknown:
        raise ProofError(f"{lemma.name}: no answer in {_MILLISECONDS // 1000} s")
    model = solver.model()
    return {str(v): model.eval(v, model_completion=True).as_long() for v in lemma.variables}


def satisfiable(lemma):
    """Whether what the lemma assumes can be: from nonsense everything follows."""
    solver = z3.SolverFor("QF_BV")
    solver.set("timeout", _MILLISECONDS)
    solver.add(*lemma.given)
    return solver.check() == z3.sat


def prove(lemmas):
    """(number of names, number of cases) proven; a lemma that does not hold is an error."""
    names = {}
    for lemma in lemmas:
        names.setdefault(lemma.name, 0)
        if not satisfiable(lemma):
            if lemma.may_be_empty:
                continue
            raise ProofError(f"{lemma.name} ({lemma.case}) assumes what cannot be")
        found = counterexample(lemma)
        if found is not None:
            raise ProofError(f"{lemma.name} ({lemma.case}) does not hold:\n" + readable(found))
        names[lemma.name] += 1
    if hollow := [n for n, cases in names.items() if cases == 0]:
        raise ProofError("nothing was tried for " + ", ".join(hollow))
    return len(names), sum(names.values())


def readable(found):
    return "\n".join(f"      {name:>9} = {number:#x} = {number}" for name, number in found.items())


def refute(mistake):
    """Shows the mistake's counterexample: the first lemma of its list that it breaks."""
    for lemma in mistake.lemmas():
        found = counterexample(lemma)
        if found is not None:
            print(f"  {mistake.name}: breaks {lemma.name} ({lemma.case})\n" + readable(found))
            return lemma.name
    raise ProofError(f"the mistake '{mistake.name}' breaks none of its lemmas")


def main():
    given = arguments(__doc__)
    version = f"z3 {z3.get_version_string()}"
    failed = None
    for variant, lemmas, wrong in (
            ("hierarchical_wheel", digit_lemmas(DIGITS), mistakes.of_digits()),
            ("noncascading_wheel", distance_lemmas(DISTANCES), mistakes.of_distances())):
        began = time.monotonic()
        names = cases = 0
        try:
            names, cases = prove(lemmas)
            for mistake in wrong:
                refute(mistake)
        except ProofError as error:
            failed = error
        record("timer", variant, "z3", version, given.preset, failed is None, names,
               f"{names} lemmas in {cases} cases; {len(wrong)} mistakes refuted"
               if failed is None else str(failed).splitlines()[0])
        if failed:
            raise failed
        print(f"{variant}: {names} lemmas hold in {cases} cases, {len(wrong)} mistakes refuted "
              f"({version}, {time.monotonic() - began:.1f} s)")


if __name__ == "__main__":
    finish(main)
