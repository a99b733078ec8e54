"""Rules out variants by what they declare and by what was counted of them. Pure.

A rule looks at one variant and answers None where it passes, a sentence where it does not, and
Unknown where it cannot be told yet; at the end, what is not known does not qualify.
"""

from dataclasses import dataclass, field


@dataclass
class Option:
    """A variant as the rules see it. `facts`: what was found out beside what it declares."""

    name: str
    role: str
    traits: dict
    workloads: tuple
    node_bytes: int | None = None
    empty_bytes: int | None = None
    facts: dict = field(default_factory=dict)

    @classmethod
    def of(cls, name, role, described):
        return cls(name, role, described.get("traits") or {},
                   tuple(described.get("workloads") or ()),
                   described.get("bytes_per_timer", described.get("bytes_per_item")),
                   described.get("fixed_bytes"))


@dataclass(frozen=True)
class Unknown:
    """What a rule would have to know."""

    what: str


def sort_out(options, rules, final):
    """(those that are left, name -> why not). `final`: what is not known does not qualify."""
    kept, out = [], {}
    for option in options:
        answers = [rule(option) for rule in rules]
        reasons = [a for a in answers if isinstance(a, str)]
        missing = [a.what for a in answers if isinstance(a, Unknown)]
        if not reasons and final:
            reasons = [f"{what} is not known" for what in missing]
        if reasons:
            out[option.name] = reasons[0]
        else:
            kept.append(option)
    return kept, out
