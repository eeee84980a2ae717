"""Random graphs and walks over them, answered by Alembic: one JSON object a line, for
`crates/core/tests/walks.rs`.

    pip install alembic==1.19.2
    PYTHONHASHSEED=0 python walks.py SEED NUMBER

A graph is a list of revisions in the order of their identifiers, which is the order of Alembic's files; a walk
is a list of commands, each with the steps that Alembic takes and its version rows afterwards, or an error. Where a
revision has several dependencies, their order is that of a set in Alembic, and only the rows are to be compared.
"""

import json
import random
import sys
import types
import warnings

from alembic.runtime import migration
from alembic.script.revision import Revision, RevisionError, RevisionMap

warnings.simplefilter("ignore")


class Rows(migration.HeadMaintainer):
    """The version rows, kept in memory."""

    def _insert_version(self, version):
        assert version not in self.heads
        self.heads.add(version)

    def _delete_version(self, version):
        self.heads.remove(version)

    def _update_version(self, from_, to_):
        assert to_ not in self.heads
        self.heads.remove(from_)
        self.heads.add(to_)


def script(revision, parents, depends_on, labels):
    one = Revision(
        revision,
        tuple(parents) or None,
        dependencies=tuple(depends_on) or None,
        branch_labels=tuple(labels) or None,
    )
    one.module = types.SimpleNamespace(upgrade=lambda: None, downgrade=lambda: None)
    return one


def graph(rng):
    size = rng.choice([1, 2, 3, 5, 7, 9, 12, 16])
    names = set()
    while len(names) < size:
        names.add("%06x" % rng.randrange(16**6))
    names = rng.sample(sorted(names), size)
    revisions = {}
    labels = iter(["alpha", "beta", "gamma", "delta"])
    many = rng.random() < 0.2
    for number, name in enumerate(names):
        below = names[:number]
        count = min(len(below), rng.choice([0, 1, 1, 1, 1, 1, 2, 2, 3] if number else [0]))
        recent = below[-5:] if rng.random() < 0.7 else below
        parents = rng.sample(recent, min(count, len(recent)))
        depends_on = []
        if below and rng.random() < 0.25:
            depends_on = rng.sample(below, min(len(below), 2 if many else 1))
        label = [next(labels, None)] if rng.random() < 0.2 else []
        revisions[name] = (parents, depends_on, [one for one in label if one])
    return {name: revisions[name] for name in sorted(revisions)}


def a_target(rng, revisions, rows, way):
    names = list(revisions)
    labels = [label for _, _, labels in revisions.values() for label in labels]
    place = rng.choice(["heads", "head", "base"] + rng.sample(names, min(3, len(names))) + sorted(rows)[:2])
    steps = rng.choice(["", "", "", "", "+1", "-1", "+2", "-2"])
    branch = rng.choice(labels + names) if rng.random() < 0.3 else None
    kind = rng.random()
    if kind < 0.2 and way != "stamp":
        text = rng.choice(["+1", "+2"] if way == "upgrade" else ["-1", "-2", "-3"])
    elif place in ("heads", "base") or way == "stamp":
        text = place
    else:
        text = place + steps
    # Alembic stamps a revision of a branch in place of all that has to do with the branch.
    if branch and not (way == "stamp" and place in names):
        return f"{branch}@{text}"
    return text


def upgrade(map_, rows, target):
    revs = list(map_.iterate_revisions(target, tuple(sorted(rows)), implicit_base=True))
    return [migration.RevisionStep(map_, one, True) for one in reversed(revs)]


def downgrade(map_, rows, target):
    if target == "base":
        target = None
    revs = map_.iterate_revisions(tuple(sorted(rows)), target, select_for_downgrade=True)
    return [migration.RevisionStep(map_, one, False) for one in revs]


def stamp(map_, rows, target):
    """As ScriptDirectory._stamp_revs does, for one target."""
    heads = map_.get_revisions(tuple(sorted(rows)))
    filtered = list(dict.fromkeys(map_.filter_for_lineage(heads, target, include_dependencies=True)))
    steps = []
    for dest in map_.get_revisions(target) or [None]:
        if dest is None:
            steps.extend(migration.StampStep(one.revision, None, False, True, map_) for one in filtered)
        elif dest not in filtered:
            above = set(map_._get_descendant_nodes([dest]))
            below = set(map_._get_ancestor_nodes([dest]))
            all_of_them = [one.revision for one in filtered]
            if above.intersection(filtered):
                assert not below.intersection(filtered)
                steps.append(migration.StampStep(all_of_them, dest.revision, False, False, map_))
            elif below.intersection(filtered):
                steps.append(migration.StampStep(all_of_them, dest.revision, True, False, map_))
            else:
                steps.append(migration.StampStep((), dest.revision, True, True, map_))
    return steps


def walk(rng):
    revisions = graph(rng)
    map_ = RevisionMap(lambda: iter([script(name, *rest) for name, rest in revisions.items()]))
    map_._revision_map
    rows = set()
    commands = []
    for _ in range(rng.choice([2, 4, 8])):
        way = rng.choice(["upgrade", "upgrade", "downgrade", "downgrade", "stamp"])
        target = a_target(rng, revisions, rows, way)
        keeper = Rows(None, rows)
        taken = []
        try:
            for step in {"upgrade": upgrade, "downgrade": downgrade, "stamp": stamp}[way](map_, rows, target):
                keeper.update_to_step(step)
                if way != "stamp":
                    taken.append(step.revision.revision)
        except (RevisionError, AssertionError, KeyError, AttributeError, TypeError, IndexError) as error:
            commands.append({"way": way, "target": target, "error": type(error).__name__ + ": " + str(error)})
            continue
        rows = set(keeper.heads)
        commands.append({"way": way, "target": target, "steps": taken, "rows": sorted(rows)})
    listed = [
        {"id": name, "parents": parents, "depends_on": depends_on, "labels": labels}
        for name, (parents, depends_on, labels) in revisions.items()
    ]
    ordered = all(len(depends_on) < 2 for _, depends_on, _ in revisions.values())
    return {"revisions": listed, "ordered": ordered, "commands": commands}


def main():
    rng = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        print(json.dumps(walk(rng)))


if __name__ == "__main__":
    main()
