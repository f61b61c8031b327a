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


def versions(text):
    """First and last version that a `since` or `removed` may mean."""
    numbers = [int(number) for number in re.findall(r"\d+", text or "")]
    return (numbers[0], numbers[-1]) if numbers else (0, 0)


def main():
    here = pathlib.Path(__file__).parent
    messages = tomllib.loads(pathlib.Path(sys.argv[1]).read_text())["message"]
    constants = tomllib.loads(pathlib.Path(sys.argv[2]).read_text())["enum"]
    with open(here / "messages.tsv", "w") as out:
        print("dialect number message complete place field tag type size since removed".replace(" ", "\t"), file=out)
        for row in messages:
            complete = "cut" if row.get("complete") is False else "whole"
            start = [row["dialect"], row["id"], row["name"]]
            if "fixed" not in row:
                print(*start, complete, "unknown", "", "", "", "", "", "", sep="\t", file=out)
                continue
            for place in ("fixed", "floating"):
                for field in row[place]:
                    since = "-".join(map(str, versions(field.get("since"))))
                    removed = "-".join(map(str, versions(field.get("removed"))))
                    size = field.get("bytes", field.get("max"))
                    print(*start, complete, place, field["name"], field.get("tag", ""), field["type"], size,
                          since, removed, sep="\t", file=out)
            if not row["fixed"] and not row["floating"]:
                print(*start, complete, "empty", "", "", "", "", "", "", sep="\t", file=out)
    with open(here / "codes.tsv", "w") as out:
        print("table\tname\tvalue", file=out)
        for table in constants:
            for value in table["values"]:
                print(table["name"], value["name"], value["value"], sep="\t", file=out)


main()
