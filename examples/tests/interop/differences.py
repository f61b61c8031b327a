"""Where other servers answer otherwise than the specification says, and what we think of it: a table beside the test.

A difference that nobody judged fails, and so does a judgement of what is none any more.
"""

import csv
import dataclasses

COLUMNS = ["server", "step", "requirement", "answer", "judgement"]


@dataclasses.dataclass(frozen=True)
class Difference:
    """What came in one step, what the specification allows, and which requirement says so."""

    answer: str
    allowed: list
    rule: str


class Table:
    """Differences are given as a dictionary from server and name of the step."""

    def __init__(self, path, script):
        self.path, self.script = path, script
        self.rows = self.read()

    def read(self):
        if not self.path.exists():
            return {}
        with open(self.path, newline="") as table:
            lines = (line for line in table if not line.startswith("#"))
            rows = csv.DictReader(lines, COLUMNS, delimiter="\t", quoting=csv.QUOTE_NONE)
            return {(row["server"], row["step"]): row for row in rows}

    def write(self, found, servers):
        """Writes the table anew where these servers are concerned; a judgement stays where the answer does."""
        with open(self.path, "w", newline="") as table:
            table.write(
                f"# Where prosody and ejabberd answer a step of {self.script} otherwise than XEP-0060 says, and what we think of it.\n"
            )
            table.write("# " + "\t".join(COLUMNS) + "\n")
            rows = csv.writer(table, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
            rows.writerows([row[name] for name in COLUMNS] for (server, _), row in self.rows.items() if server not in servers)
            for (server, step), difference in found.items():
                before = self.rows.get((server, step))
                judgement = before["judgement"] if before and before["answer"] == difference.answer else ""
                rows.writerow([server, step, difference.rule, difference.answer, judgement])
        self.rows = self.read()

    def compare(self, found, servers=None):
        """Complaints about differences that nobody judged, and judgements of what is none; of these servers or all."""
        judged = {key: row for key, row in self.rows.items() if servers is None or key[0] in servers}
        complaints = []
        for (server, step), difference in found.items():
            row = judged.get((server, step))
            if row is None or row["answer"] != difference.answer or not row["judgement"]:
                complaints.append(complaint(server, step, difference))
        complaints += [f"{server}: {step}: judged, but as the specification says" for server, step in judged if (server, step) not in found]
        return complaints


def complaint(server, step, difference):
    return f"{server}: {step} ({difference.rule}): `{difference.answer}`, not `{' | '.join(difference.allowed)}`"
