#!/usr/bin/env python3
"""Writes messages.tsv and codes.tsv beside itself from two TOML files of facts.

Usage: transcribe.py MESSAGES.toml CONSTANTS.toml

Only names, numbers, sizes and versions are taken. A version range such as "10-13" stays a range: the
test leaves out the versions inside it, since the documents do not say which of them it was.
"""

import pathlib
import re
import sys
import tomllib

# The guides of these UCCE versions were read as a whole.
WHOLE_GUIDES = {23, 24, 25}

COLUMNS = "dialect number message complete read place field tag type size required since removed from"


def versions(text):
    """First and last version that a `since` or `removed` may mean."""
    numbers = [int(number) for number in re.findall(r"\d+", text or "")]
    return (numbers[0], numbers[-1]) if numbers else (0, 0)


def read(row):
    """The UCCE versions in whose guides the table was read, or how much of it was read for UCCX."""
    if row["dialect"] == "uccx":
        if row["confidence"] != "spec":
            return "nothing"
        return "whole" if row["complete"] else "cut"
    numbers = set(row.get("layout_checked", ()))
    if row["confidence"] == "spec":
        numbers |= WHOLE_GUIDES
    return " ".join(str(number) for number in sorted(numbers) if number >= first(row)) or "nothing"


def first(row):
    """The first version that has the message; the oldest of the dialect where none is named."""
    since = str(row.get("since", "<="))
    oldest = 5 if row["dialect"] == "ucce" else 10
    return oldest if since.startswith("<=") else max(versions(since)[0], oldest)


def main():
    here = pathlib.Path(__file__).parent
    messages = tomllib.loads(pathlib.Path(sys.argv[1]).read_text())["message"]
    constants = tomllib.loads(pathlib.Path(sys.argv[2]).read_text())["enum"]
    with open(here / "messages.tsv", "w") as out:
        print(COLUMNS.replace(" ", "\t"), file=out)
        for row in messages:
            complete = "cut" if row.get("complete") is False else "whole"
            start = [row["dialect"], row["id"], row["name"], complete]
            if "fixed" not in row:
                print(*start, "nothing", "unknown", *[""] * 7, first(row), sep="\t", file=out)
                continue
            start.append(read(row))
            for place in ("fixed", "floating"):
                for field in row[place]:
                    since = "-".join(map(str, versions(field.get("since"))))
                    removed = "-".join(map(str, versions(field.get("removed"))))
                    size = field.get("bytes", field.get("max"))
                    required = "required" if field.get("required") and place == "floating" else ""
                    print(*start, place, field["name"], field.get("tag", ""), field["type"], size,
                          required, since, removed, first(row), sep="\t", file=out)
            if not row["fixed"] and not row["floating"]:
                print(*start, "empty", *[""] * 7, first(row), sep="\t", file=out)
    with open(here / "codes.tsv", "w") as out:
        print("table\tname\tvalue", file=out)
        for table in constants:
            for value in table["values"]:
                print(table["name"], value["name"], value["value"], sep="\t", file=out)


main()
