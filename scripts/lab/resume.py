"""`cyclone resume`: the command of an unfinished run, given again, if the world is as it was."""

import shlex

import click

from lab import ctl_run, doctor, envdiff, runfolder
from lab.errors import BAD_DATA, USAGE, CycloneError
from lab.files import read_json

_SHOWN = 5


def words_of(plan):
    """The words after `cyclone` of the command that began the run, without --fresh."""
    words = shlex.split(plan.get("command") or "")
    if plan.get("against"):
        raise CycloneError("a comparison with a revision goes on by its own command", "plan.json",
                           plan["command"], USAGE)
    if len(words) < 2 or words[1] not in ("run", "resume"):
        raise CycloneError("the plan does not say which command began the run", "plan.json",
                           "give the command itself again: cyclone run SUITE", BAD_DATA)
    return [w for w in words[1:] if w not in ("--fresh", "--json")]


def params_of(run_command, plan):
    """The options of that command, as click reads them."""
    words = words_of(plan)
    if words[0] == "resume":
        return _bare(run_command, plan)
    try:
        return dict(run_command.make_context("run", words[1:], resilient_parsing=False).params)
    except click.ClickException as error:
        raise CycloneError(f"this tree does not read the run's command: {error.format_message()}",
                           "plan.json", "give a command of this tree instead", USAGE) from error


def _bare(run_command, plan):
    return dict(run_command.make_context(
        "run", [plan["suite"], "--seed", str(plan["seed"])]).params)


def differences(old, laid):
    """What of a new plan is not as in the old one: words that name it. Pure."""
    out = []
    if old.get("seed") != laid.get("seed"):
        out.append(f"seed {old.get('seed')}, now {laid.get('seed')}")
    rebuilt = [name for name, binary in sorted(old.get("binaries", {}).items())
               if name in laid["binaries"] and binary["sha256"] != laid["binaries"][name]["sha256"]]
    if rebuilt:
        out.append("rebuilt since: " + _some(rebuilt))
    gone = sorted(set(old.get("binaries", {})) - set(laid["binaries"]))
    if gone:
        out.append("not built any more: " + _some(gone))
    # What the gate had found red then was not planned; today's plan, before its gate, has it.
    red = any(not v.get("passed") for v in (old.get("gate") or {}).values())
    if old.get("plan_key") != laid.get("plan_key") and not red:
        out.append(_cells_word(old, laid))
    return out


def _cells_word(old, laid):
    before, now = ({c["id"] for c in p["cells"]} for p in (old, laid))
    gone, new = sorted(before - now), sorted(now - before)
    parts = [f"{len(some)} cells {word}, first {some[0]}"
             for some, word in ((gone, "gone"), (new, "new")) if some]
    return "the plan: " + ("; ".join(parts) or "counts, claims or what was given up")


def _some(names):
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def check(tree, run, options):
    """Raises unless the run is unfinished and can go on here, now, with these programs."""
    if run.is_whole():
        raise CycloneError(f"{run.id} is complete: nothing is left to measure", str(run.path),
                           "a new run: the same command with --fresh", USAGE)
    environment, facts = read_json(run.path / "environment.json"), doctor.examine()
    if environment["fingerprint"] != facts["fingerprint"]:
        fields = [f"{r['field']}: {r['before']}, now {r['now']}"
                  for r in envdiff.part(environment.get("stable"), facts["stable"])]
        raise CycloneError(f"{run.id} was begun on another machine: " + "; ".join(fields[:_SHOWN]),
                           str(run.path / "environment.json"),
                           "go on there, or begin a new run here: --fresh", BAD_DATA)
    laid = ctl_run.prepare(tree, options, with_gate=False)[0]
    old = run.plan()
    if found := differences(old, laid):
        raise CycloneError(f"{run.id} cannot go on: " + "; ".join(found), str(run.path),
                           "restore what differs, or begin a new run: --fresh", BAD_DATA)
    _refuse_another(run, old, options, facts)


def _refuse_another(run, old, options, facts):
    """The newest run of a plan goes on, or none when that is whole: it must be this one."""
    chosen, _ = runfolder.unfinished(run.path.parent, options.suite, options.seed,
                                     facts["fingerprint"], old)
    if chosen is None or chosen.id != run.id:
        newer = f"{chosen.id} would go on instead" if chosen else "a newer run of its plan is whole"
        raise CycloneError(f"{run.id} is overtaken: {newer}", str(run.path),
                           "name that one, or begin a new run: --fresh", BAD_DATA)
