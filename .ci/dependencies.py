#!/usr/bin/env python3
"""Checks the dependency tree.

- No protocol crate names a runtime; tokio's core types may come in through the feature `tokio-codec`.
- The four protocol crates do not know each other, and only wire-xml meets quick-xml, tests and benches apart.
- Every licence is compatible with MIT OR Apache-2.0. What is measured beside us may be under MPL-2.0, if only the benches
  have it.
"""

import json
import re
import subprocess
import sys

FAMILY = {"cti-proto", "bosh", "xmpp-pubsub", "soap-axl"}
PROTOCOL_CRATES = ["cti-proto", "wire-xml", "bosh", "xmpp-pubsub", "soap-axl"]
RUNTIMES = {"tokio", "mio", "async-std", "smol", "async-io", "socket2"}
LICENCES = {
    "MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-2-Clause", "BSD-3-Clause", "ISC",
    "Zlib", "0BSD", "Unlicense", "CC0-1.0", "Unicode-3.0", "BSL-1.0", "MIT-0", "CDLA-Permissive-2.0",
}


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], check=True, capture_output=True, text=True).stdout


def tree(package, *features):
    lines = cargo("tree", "-p", package, "-e", "normal", "--prefix", "none", *features).splitlines()
    return {line.split()[0] for line in lines if line.strip()}


def runtimes(metadata):
    """Every protocol crate, with each feature but `tokio-codec`, and then with it."""
    for name in PROTOCOL_CRATES:
        package = next(p for p in metadata["packages"] if p["name"] == name)
        features = [f for f in package["features"] if f not in ("tokio-codec", "default")]
        named = tree(name, "--features", ",".join(features)) if features else tree(name)
        for runtime in sorted(named & RUNTIMES):
            yield f"{name} depends on {runtime}"
        if "tokio-codec" in package["features"]:
            named = tree(name, "--all-features")
            for runtime in sorted(named & (RUNTIMES - {"tokio"})):
                yield f"{name} with all features depends on {runtime}"


def layers(metadata):
    """What each protocol crate names in its own manifest, tests apart."""
    for name in PROTOCOL_CRATES:
        package = next(p for p in metadata["packages"] if p["name"] == name)
        named = {d["name"] for d in package["dependencies"] if d["kind"] != "dev"}
        for other in sorted(named & FAMILY):
            yield f"{name} depends on {other}"
        if "quick-xml" in named and name != "wire-xml":
            yield f"{name} depends on quick-xml"


def measured_only(metadata):
    """What `benches` has for its benches and tests, and nobody has otherwise."""
    shipped = set()
    for member in (p["name"] for p in metadata["packages"] if p["id"] in metadata["workspace_members"]):
        kinds = "normal,build" if member == "benches" else "normal,build,dev"
        lines = cargo("tree", "-p", member, "-e", kinds, "--prefix", "none", "--all-features").splitlines()
        shipped |= {line.split()[0] for line in lines if line.strip()}
    return {p["name"] for p in metadata["packages"]} - shipped


def licences(metadata):
    measured = None
    for package in metadata["packages"]:
        expression = package["license"] or ""
        # `A OR B`, `A AND B` and the old `A/B`: one acceptable choice, or all acceptable parts.
        choices = re.split(r"\s+OR\s+|/", expression.replace("(", "").replace(")", ""))
        if expression == "MPL-2.0":
            measured = measured_only(metadata) if measured is None else measured
            if package["name"] in measured:
                continue
        if not any(all(part.strip() in LICENCES for part in choice.split(" AND ")) for choice in choices):
            yield f"{package['name']} {package['version']}: licence `{expression}`"


def main():
    metadata = json.loads(cargo("metadata", "--format-version", "1", "--all-features"))
    faults = [*runtimes(metadata), *layers(metadata), *licences(metadata)]
    for fault in faults:
        print(fault)
    print(f"{len(PROTOCOL_CRATES)} protocol crates, {len(metadata['packages'])} packages, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
