"""Asks Alembic what the tables of `crates/core/tests/graph` ask, and lists what it answers otherwise.

    pip install alembic==1.19.2
    PYTHONHASHSEED=0 python cases.py FILE...

A case that differs has the reason in its line, behind `#`; one that differs without a reason, or has one and does not
differ, is listed, and then the status is 1.
"""

import re
import sys

from alembic.script.revision import RevisionError, RevisionMap

import walks

CASE = re.compile(r"(find|up|down|stamp) (\S+)(?: at ([^:]+))?: (.*?)(?:  # (.*))?$")
FAILURES = (RevisionError, AssertionError, KeyError, AttributeError, TypeError, IndexError, ValueError)


def revision(line):
    line, _, labels = line.partition("[")
    line, _, depends_on = line.partition(";")
    name, _, parents = line.partition(":")
    return name.strip(), (parents.split(), depends_on.split(), labels.rstrip("]").split())


def ask(revisions, verb, target, rows):
    map_ = RevisionMap(lambda: iter([walks.script(name, *rest) for name, rest in sorted(revisions.items())]))
    map_._revision_map
    if verb == "find":
        if target == "current":
            return " ".join(sorted(rows)) or "nothing"
        relative = re.match(r"(.*?)((?:\+|-)\d+)$", target)
        if relative:
            return find_relative(map_, *relative.groups())
        found = map_.get_revisions(target)
        return " ".join(sorted(one.revision for one in found if one)) or "nothing"
    keeper = walks.Rows(None, rows)
    taken = []
    ways = {"up": walks.upgrade, "down": walks.downgrade, "stamp": walks.stamp}
    for step in ways[verb](map_, rows, target):
        keeper.update_to_step(step)
        if verb != "stamp":
            sign = "+" if step.is_upgrade else "-"
            taken.append(f"{sign}{step.revision.revision} ")
    return "".join(taken) + "=> " + (" ".join(sorted(keeper.heads)) or "nothing")


def find_relative(map_, place, steps):
    """What `REV+N` means, by a walk from there; Alembic has no lookup of its own for it upwards."""
    branch, _, name = place.rpartition("@")
    start = map_.get_revision(place) if name not in ("", "base") else None
    found = map_._walk(start, int(steps), branch or None)
    if found is None and int(steps) > 0:
        raise RevisionError("no way up")
    return getattr(found, "revision", None) or "nothing"


def main(paths):
    listed = differing = cases = 0
    for path in paths:
        lines = [line.rstrip("\n") for line in open(path)]
        revisions = dict(
            revision(line) for line in lines if line and not line.startswith("#") and not CASE.match(line)
        )
        for number, line in enumerate(lines, 1):
            case = CASE.match(line)
            if not case:
                continue
            cases += 1
            verb, target, rows, ours, reason = case.groups()
            try:
                theirs = ask(revisions, verb, target, set((rows or "").split()))
            except FAILURES as error:
                theirs = f"error: {type(error).__name__}: {error}"
            if verb == "stamp":
                ours = ours[ours.index("=> ") :] if "=> " in ours else ours
            same = theirs == ours or (theirs.startswith("error: ") and ours.startswith("error: "))
            differing += not same
            if same == bool(reason):
                listed += 1
                print(f"{path}:{number}: {line[:150]}\n    Alembic: {theirs}")
    print(f"{cases} cases, {differing} otherwise in Alembic, {listed} to look at")
    return bool(listed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
