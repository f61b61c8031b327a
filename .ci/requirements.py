#!/usr/bin/env python3
"""Holds `CRATE/spec/requirements.tsv` against the tests: `.ci/requirements.py [--write | --missing] CRATE...`, or
`--self-test`.

Each requirement names the tests that prove it, or the reason why none does. This is the one check of these tables;
`cargo test` reaches it through `CRATE/tests/requirements.rs`.

- A test is a function under `src` or `tests` with an attribute `test` and without `ignore`. `examples:name` is a test of
  the package in the folder `examples`.
- A test proves a requirement if the id stands in the message of an `assert...!` in its body. A comment, a name, a helper's
  argument or an assertion that looks at nothing does not count.
- A test proves at most five requirements, and every id that it asserts names it back. So the column of tests follows
  from the assertions: `--write` writes it, for a merge of two branches or a table whose cells are still empty, and
  lists what is missing then. `--missing` lists that alone: by role, each with id, level and statement.
- No MUST has only a reason, and few others have.
- Where the README decides judgement calls (`| J1 | decision | test |`), the named tests assert them in the same way,
  and `--write` writes them where none is named yet.
"""

import contextlib
import io
import re
import sys
import tempfile
from collections import Counter, namedtuple
from pathlib import Path

COLUMNS = ["id", "section", "who", "level", "statement", "tests", "reason"]
# Who a requirement is for: what stands in the table, and what is printed.
ENDS = {"C": "client", "S": "server", "B": "both", "P": "parser"}
PUBSUB = {
    "svc": "service", "sub": "subscriber", "pub": "publisher", "own": "owner", "ent": "any entity", "cod": "codec",
    "srv": "stream server", "cli": "stream client", "both": "both",
}
LEVELS = {
    "MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "MAY", "RECOMMENDED", "NOT RECOMMENDED",
    "rule",  # stated as a fact, without a keyword
}
MOST_IDS = 5

# `rows` in the table, `reasons` at most, `judgements` decided, each called `letter` and a number; `packages` are those
# whose tests may prove something, besides the crate itself and those that the table names.
Limits = namedtuple("Limits", "rows reasons judgements letter roles packages", defaults=(0, "J", ENDS, ("examples",)))
CRATES = {
    "bosh": Limits(rows=231, reasons=12, judgements=14),
    "soap-axl": Limits(rows=49, reasons=2),
    "xmpp-pubsub": Limits(rows=351, reasons=20, judgements=27, letter="T", roles=PUBSUB),
}

Row = namedtuple("Row", COLUMNS)
# Where a literal begins, and what is in it.
Literal = namedtuple("Literal", "start text")


# Rust: no more of it than finding tests, assertions and string literals takes.

LEXEMES = re.compile(
    r"""
    (?P<line>//[^\n]*)
    | (?P<block>/\*)
    | (?<!\w)[bc]?r(?P<hashes>\#*)"(?P<raw>.*?)"(?P=hashes)
    | "(?P<text>(?:\\.|[^"\\])*)"
    | '(?:\\[^\n]+?|[^\\'\n])'
    """,
    re.VERBOSE | re.DOTALL,
)
ATTRIBUTED_FUNCTION = re.compile(
    r"(?P<attributes>(?:#\[[^\]]*\]\s*)+)(?:pub(?:\([^)]*\))?\s+)?(?:async\s+)?fn\s+(?P<name>\w+)"
)
TEST = re.compile(r"#\[\s*(?:\w+::)*test\b")
IGNORED = re.compile(r"#\[\s*ignore\b")
ASSERTION = re.compile(r"\b(?:prop_)?assert(?P<kind>_\w+)?!\s*(?=[(\[{])")
# A condition that names no value looks at nothing.
VALUE = re.compile(r"\b(?!true\b|false\b)[a-z_]\w*")
ID = re.compile(r"\b[A-Z][A-Z0-9]*-[A-Za-z0-9.-]*[A-Za-z0-9]")


def block_comment_end(source, start):
    depth, at = 0, start
    while True:
        opening, closing = source.find("/*", at), source.find("*/", at)
        if closing < 0:
            return len(source)
        if 0 <= opening < closing:
            depth, at = depth + 1, opening + 2
        else:
            depth, at = depth - 1, closing + 2
            if depth == 0:
                return at


def blank(source):
    """The source with comments and literals turned to blanks, and the string literals."""
    code, literals, at = [], [], 0
    while match := LEXEMES.search(source, at):
        start, end = match.span()
        if match["block"]:
            end = block_comment_end(source, start)
        text = match["text"] if match["text"] is not None else match["raw"]
        if text is not None:
            literals.append(Literal(start, text))
        code += [source[at:start], re.sub(r"[^\n]", " ", source[start:end])]
        at = end
    code.append(source[at:])
    return "".join(code), literals


def closing(code, start):
    """Where the bracket at `start` is closed."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        if depth == 0:
            return at
    return len(code)


def arguments(code, start, end):
    """Where each argument between two brackets begins and ends."""
    depth, begin = 0, start + 1
    for at in range(start + 1, end):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        if code[at] == "," and depth == 0:
            yield begin, at
            begin = at + 1
    yield begin, end


def asserted(code, literals, start, end):
    """The messages of all assertions between `start` and `end`."""
    for match in ASSERTION.finditer(code, start, end):
        parts = list(arguments(code, match.end(), closing(code, match.end())))
        conditions = 2 if match["kind"] in ("_eq", "_ne", "_matches") else 1
        if len(parts) <= conditions:
            continue
        first, last = parts[conditions][0], parts[-1][1]
        if VALUE.search(code, match.end(), first):
            yield from (literal.text for literal in literals if first <= literal.start < last)


def tests_of(package):
    """What the tests of a package assert, by name: a list of messages for each function of that name."""
    found = {}
    files = [path for folder in ("src", "tests") for path in sorted((package / folder).rglob("*.rs"))]
    for path in files:
        code, literals = blank(path.read_text())
        for match in ATTRIBUTED_FUNCTION.finditer(code):
            attributes = match["attributes"]
            opening = code.find("{", match.end())
            if not TEST.search(attributes) or IGNORED.search(attributes) or opening < 0:
                continue
            messages = list(asserted(code, literals, opening, closing(code, opening)))
            found.setdefault(match["name"], []).append(" ".join(messages))
    return found


# The table.

def read_table(path):
    rows, faults = [], []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) == len(COLUMNS):
            rows.append(Row(*fields))
        else:
            faults.append(f"line {number}: {len(fields)} columns instead of {len(COLUMNS)}")
    return rows, faults


class Check:
    def __init__(self, root, crate, limits):
        self.root, self.crate, self.limits = root, crate, limits
        self.judgement = re.compile(rf"\b{limits.letter}[0-9]+\b")
        self.rows, self.faults = read_table(root / crate / "spec" / "requirements.tsv")
        named = {name.split(":")[0] for row in self.rows for name in row.tests.split() if ":" in name}
        # By the name in the table.
        self.tests = {}
        for package in sorted({crate, *limits.packages, *named}):
            for name, messages in tests_of(root / package).items():
                self.tests[name if package == crate else f"{package}:{name}"] = messages
        self.check_rows()
        self.check_tests()
        self.check_judgements()

    def fault(self, text):
        self.faults.append(text)

    def check_rows(self):
        limits = self.limits
        if limits.rows is not None and len(self.rows) != limits.rows:
            self.fault(f"{len(self.rows)} rows instead of {limits.rows}")
        for id, count in Counter(row.id for row in self.rows).items():
            if count > 1:
                self.fault(f"{id} has {count} rows")
        for row in self.rows:
            if row.who not in limits.roles or row.level not in LEVELS or not row.section or not row.statement:
                self.fault(f"{row.id}: a column is empty or unknown")
            for name in row.tests.split():
                self.check_proof(row.id, ID, name)
            if not row.tests and not row.reason:
                self.fault(self.missing_fault(row))
            if row.level.startswith("MUST") and row.reason and not row.tests:
                self.fault(f"{row.id} ({row.level}) has only a reason")
        alone = self.with_reasons()
        if len(alone) > limits.reasons:
            self.fault(f"{len(alone)} requirements have only a reason, {limits.reasons} may")

    def check_proof(self, id, pattern, name):
        bodies = self.tests.get(name, [])
        if not bodies:
            self.fault(f"{id}: there is no test {name}")
        elif len(bodies) > 1:
            self.fault(f"{id}: there are {len(bodies)} tests {name}")
        elif id not in pattern.findall(bodies[0]):
            self.fault(f"{id}: no assertion of {name} names it")

    def check_tests(self):
        proved = {row.id: row.tests.split() for row in self.rows}
        families = {id.split("-")[0] for id in proved}
        for name, bodies in self.tests.items():
            ids = {id for body in bodies for id in ID.findall(body) if id.split("-")[0] in families}
            for id in sorted(ids):
                if id not in proved:
                    self.fault(f"{name}: there is no requirement {id}")
                elif name not in proved[id]:
                    self.fault(f"{id} does not name {name}, which asserts it")
            listed = sum(name in names for names in proved.values())
            if max(listed, len(ids)) > MOST_IDS:
                self.fault(f"{name} proves {max(listed, len(ids))} requirements, {MOST_IDS} may")

    def check_judgements(self):
        limits = self.limits
        if not limits.judgements:
            return
        decided = {name: tests for name, tests, _ in map(self.decision, self.readme().splitlines()) if name}
        for number in range(1, limits.judgements + 1):
            judgement = f"{limits.letter}{number}"
            if not decided.get(judgement):
                self.fault(f"README.md names no test of {judgement}")
            for name in decided.get(judgement, []):
                self.check_proof(judgement, self.judgement, name)

    def decision(self, line):
        """Of `| J1 | decision | tests |`: the judgement, the tests, and the line without them; else nothing."""
        cells = line.strip().split("|")
        if len(cells) < 5 or not self.judgement.fullmatch(cells[1].strip()):
            return None, [], line
        return cells[1].strip(), re.findall(r"`([\w:-]+)`", cells[-2]), "|".join(cells[:-2])

    def readme(self):
        return (self.root / self.crate / "README.md").read_text()

    def asserting(self, id, pattern):
        """The names of the tests that assert it."""
        return sorted(
            name for name, bodies in self.tests.items() if any(id in pattern.findall(body) for body in bodies)
        )

    def write(self):
        """Names in each row, and beside each judgement that names none, the tests that assert it."""
        path = self.root / self.crate / "spec" / "requirements.tsv"
        lines = [line for line in path.read_text().splitlines() if line.startswith("#")]
        for row in self.rows:
            names = self.asserting(row.id, ID)
            row = row._replace(tests=" ".join(names), reason="" if names else row.reason)
            lines.append("\t".join(row))
        path.write_text("\n".join(lines) + "\n")
        if not self.limits.judgements:
            return
        lines = self.readme().splitlines()
        for at, line in enumerate(lines):
            judgement, named, rest = self.decision(line)
            names = self.asserting(judgement, self.judgement) if judgement and not named else []
            if names:
                lines[at] = f"{rest}| {''.join(f'`{name}` ' for name in names)}|"
        (self.root / self.crate / "README.md").write_text("\n".join(lines) + "\n")

    def with_reasons(self):
        return [row for row in self.rows if row.reason and not row.tests]

    def missing(self):
        return [row for row in self.rows if not row.reason and not row.tests]

    def missing_fault(self, row):
        return f"{row.id} ({row.level}) has neither a test nor a reason"

    def groups(self, column):
        groups = {}
        for row in self.rows:
            groups.setdefault(getattr(row, column), []).append(row)
        return groups

    def print_missing(self):
        """What has neither a test nor a reason, by role."""
        missing = self.missing()
        print(f"{self.crate}: {len(missing)} of {len(self.rows)} requirements have neither a test nor a reason")
        for who, name in self.limits.roles.items():
            rows = [row for row in missing if row.who == who]
            if rows:
                print(f"  {name}: {len(rows)}")
            for row in rows:
                print(f"    {row.id} ({row.level}), {row.statement}")

    def report(self, faults):
        print(f"{self.crate}: {len(self.rows)} requirements")
        for title, column in (("role", "who"), ("level", "level")):
            print(f"  {title:<16} proved by tests   only a reason   neither")
            for group, rows in self.groups(column).items():
                proved = sum(bool(row.tests) for row in rows)
                reasons = sum(bool(row.reason and not row.tests) for row in rows)
                name = self.limits.roles.get(group, group)
                print(f"  {name:<16} {proved:>6} of {len(rows):<5} {reasons:>15} {len(rows) - proved - reasons:>9}")
        for row in self.with_reasons():
            print(f"  no test: {row.id} ({row.level}), {row.statement}: {row.reason}")
        for fault in faults:
            print(f"  FAULT {fault}")


# The check checked, on a tree made up for it.

TABLE = """# id\tsection\twho\tlevel\tstatement\ttests\treason
A-1\t1\tC\tMUST\tone\tone\t
A-2\t1\tS\tMUST NOT\ttwo\tinner two\t
A-2.1\t1\tS\tMAY\ttwo and a bit\tother:far\t
A-3\t2\tB\tMAY\tthree\t\tnobody needs it
"""
SOURCE = """
/// A-9 in a comment /* A-9 */ says nothing.
#[test]
#[allow(dead_code, reason = "A-9")]
fn one() {
    let c = ['{', '"', '\\'', '\\u{7b}'];
    /* a brace { and /* another { */ */
    assert_eq!(c.len(), 4, "A-1: {c:?} \\" {");
    assert!(c.iter().any(|c| *c == '}'), r#"J1 "quoted" }"#);
}

#[tokio::test]
async fn two() {
    assert!(is(1, [2, 3]), "{}: {}", "A-2", 1);
}

mod tests {
    proptest! {
        #[test]
        fn inner(a in 0..1) { prop_assert_ne!(a, 1, "A-2"); }
    }
}
"""
OTHER = '#[test]\nfn far() {\n    assert!(far(), "A-2.1");\n}\n'
README = "| J1 | decided so | `one` |\n"


def change(text, old, new):
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    return text.replace(old, new)


def self_test():
    limits = Limits(rows=4, reasons=1, judgements=1, packages=("other",))
    tree = {"a/spec/requirements.tsv": TABLE, "a/src/lib.rs": SOURCE, "other/tests/far.rs": OTHER, "a/README.md": README}
    table, source, other, readme = tree
    sixth = "".join(f"A-{n}\t1\tC\tMAY\tmore\tone\t\n" for n in range(4, 9))
    cases = [
        # What is changed, from what, to what, and the fault that this must lead to.
        (source, 'fn one()', 'fn renamed()', "A-1: there is no test one"),
        (source, SOURCE[SOURCE.index("#[tokio"):SOURCE.index("mod tests")], "", "A-2: there is no test two"),
        (source, "#[tokio::test]", "", "A-2: there is no test two"),
        (source, "#[tokio::test]", "#[tokio::test]\n#[ignore]", "A-2: there is no test two"),
        (source, '"A-1: {c:?} \\" {"', '"{c:?}" // A-1', "A-1: no assertion of one names it"),
        (source, 'assert_eq!(c.len(), 4, "A-1', 'println!("{} {}", c.len(), "A-1', "A-1: no assertion of one names it"),
        (source, 'assert_eq!(c.len(), 4, "A-1', 'assert_eq!(c.len(), "A-1', "A-1: no assertion of one names it"),
        (source, 'assert!(is(1, [2, 3]),', 'assert!(true,', "A-2: no assertion of two names it"),
        (source, '"A-2", 1)', '"A-2.1", 1)', "A-2: no assertion of two names it"),
        (source, '"A-2", 1)', '"A-2 A-9", 1)', "two: there is no requirement A-9"),
        (source, '"A-2", 1)', '"A-2 A-3", 1)', "A-3 does not name two, which asserts it"),
        (source, 'r#"J1 ', 'r#"', "J1: no assertion of one names it"),
        (source, "mod tests {", "#[test] fn inner() {} mod tests {", "A-2: there are 2 tests inner"),
        (other, "fn far()", "fn near()", "A-2.1: there is no test other:far"),
        (readme, README, "", "README.md names no test of J1"),
        (table, "nobody needs it", "", "A-3 (MAY) has neither a test nor a reason"),
        (table, "\tone\t\n", "\t\tnever\n", "A-1 (MUST) has only a reason"),
        (table, "other:far\t", "\tnever", "2 requirements have only a reason, 1 may"),
        (table, "A-3\t2", "A-1\t2", "A-1 has 2 rows"),
        (table, "A-3\t2", "A-3\t", "A-3: a column is empty or unknown"),
        (table, "A-3\t2\tB", "A-3\t2\tsvc", "A-3: a column is empty or unknown"),
        (table, "A-3\t2\t", "A-3\t", "line 5: 6 columns instead of 7"),
        (table, "A-3\t2\tB\tMAY\tthree\t\tnobody needs it\n", "", "3 rows instead of 4"),
        (table, "nobody needs it\n", "nobody needs it\n" + sixth, "one proves 6 requirements, 5 may"),
    ]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)

        def check(path=None, content=None, limits=limits):
            for name, text in tree.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(content if name == path else text)
            return Check(root, "a", limits)

        def faults(path=None, content=None):
            return check(path, content).faults

        def printed(show):
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                show()
            return output.getvalue()

        assert not faults(), faults()
        for path, old, new, expected in cases:
            found = faults(path, change(tree[path], old, new))
            assert expected in found, f"{path}, {new!r}: {expected!r} is not among {found}"

        # What `--write` mends: tests that lag behind or are not there yet, of requirements and of judgements.
        lagging = change(change(TABLE, "\tinner two\t", "\tone\t"), "\tone\tone\t", "\tone\t\tnever")
        empty = TABLE
        for tests in ("one\t", "inner two\t", "other:far\t"):
            empty = change(empty, f"\t{tests}\n", "\t\t\n")
        for content in (lagging, empty):
            check(table, content).write()
            assert (root / table).read_text() == TABLE, (root / table).read_text()
        check(readme, "| J1 | decided so | |\n").write()
        assert (root / readme).read_text() == README, (root / readme).read_text()

        # What is missing is listed by role.
        lacking = check(table, empty)
        assert not [fault for fault in lacking.faults if "only a reason" in fault], lacking.faults
        assert printed(lacking.print_missing) == (
            "a: 3 of 4 requirements have neither a test nor a reason\n"
            "  client: 1\n    A-1 (MUST), one\n"
            "  server: 2\n    A-2 (MUST NOT), two\n    A-2.1 (MAY), two and a bit\n"
        ), printed(lacking.print_missing)
        report = printed(lambda: lacking.report([]))
        assert f"  server           {0:>6} of {2:<5} {0:>15} {2:>9}\n" in report, report

        # Another crate's roles and letter.
        others = limits._replace(roles={"svc": "service", "C": "c", "S": "s"}, letter="T")
        served = check(table, change(TABLE, "A-3\t2\tB", "A-3\t2\tsvc"), others)
        assert served.faults == ["README.md names no test of T1"], served.faults
        assert f"  service          {0:>6} of {1:<5} {1:>15} {0:>9}\n" in printed(lambda: served.report([]))
    print(f"self-test: {len(cases)} faults made, each found")
    return 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    option = arguments[0] if arguments[:1] in (["--write"], ["--missing"]) else None
    if option:
        arguments = arguments[1:]
    if not arguments or not set(arguments) <= set(CRATES):
        print(f"usage: requirements.py --self-test | [--write | --missing] {' | '.join(CRATES)} ...")
        return 2
    root = Path(__file__).resolve().parent.parent
    if option == "--write":
        for crate in arguments:
            Check(root, crate, CRATES[crate]).write()
    checks = [Check(root, crate, CRATES[crate]) for crate in arguments]
    for check in checks:
        listed = []
        if option and check.missing():
            check.print_missing()
            listed = [check.missing_fault(row) for row in check.missing()]
        if option != "--missing":
            check.report([fault for fault in check.faults if fault not in listed])
    return 1 if any(check.faults for check in checks) and option != "--missing" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
