"""How two environments differ, field by field: what makes them two machines stands apart from
what changes by the minute. Pure: reads nothing, writes nothing."""

# In this order they are shown; a difference in the first is a difference of machines.
PARTS = ("stable", "tools", "absent", "volatile")
NONE = "none"


def _flat(table, prefix=""):
    """Nested tables with one name a value: caches.L2."""
    out = {}
    for key, value in (table or {}).items():
        if isinstance(value, dict):
            out |= _flat(value, f"{prefix}{key}.")
        else:
            out[f"{prefix}{key}"] = value
    return out


def part(before, now):
    """[{field, before, now}] of what differs, in the order of the fields; what one side lacks is
    the word "none"."""
    one, two = _flat(before), _flat(now)
    return [{"field": key, "before": one.get(key, NONE), "now": two.get(key, NONE)}
            for key in dict.fromkeys([*one, *two])
            if (key in one) != (key in two) or one.get(key) != two.get(key)]


def diff(before, now):
    """The differences of two environment.json, by part, and whether they are one machine."""
    same = before.get("fingerprint") == now.get("fingerprint")
    return {"schema": 1, "fingerprints": [before.get("fingerprint"), now.get("fingerprint")],
            "same_machine": same,
            **{name: part(before.get(name), now.get(name)) for name in PARTS}}


def lines(found):
    """The differences in words; nothing to tell is told too."""
    one, two = found["fingerprints"]
    out = [f"one machine, fingerprint {one}" if found["same_machine"] else
           f"two machines: fingerprint {one} and {two}"]
    titles = {"stable": "what it is", "tools": "tools", "absent": "what is not here",
              "volatile": "how it was then (explains a run, tells no machines apart)"}
    for name in PARTS:
        rows = found[name]
        out += ["", titles[name] + (":" if rows else ": the same")]
        out += [f"  {r['field']:<24} {_word(r['before'])} -> {_word(r['now'])}" for r in rows]
    return out


def _word(value):
    if isinstance(value, list):
        return " ".join(map(str, value))
    return NONE if value is None else str(value)
