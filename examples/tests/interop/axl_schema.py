"""What soap-axl's typed operations write, against Cisco's schema by lxml.

A test of soap-axl writes a request and an answer of every typed operation, with little and with much in it, for each
version; they are validated here. So two readers of the schema that know nothing of each other have to agree.
"""

import os
import pathlib
import subprocess
import sys

from axl_validator import VERSIONS, Schemas, entry

WORKSPACE = pathlib.Path(__file__).resolve().parents[3]
TEST = ["cargo", "test", "--quiet", "--locked", "-p", "soap-axl", "--all-features", "--test", "schema_typed"]
# Of 95 operations, each with little, with much, and six times with something.
EXPECTED = 95 * 8 * 2


def main():
    schemas = pathlib.Path(os.environ["INTEROP_AXL_SCHEMAS"])
    traffic = pathlib.Path(os.environ["INTEROP_DIR"]) / "traffic"
    environment = os.environ | {"AXL_SCHEMA": str(schemas), "AXL_TRAFFIC": str(traffic)}
    written = subprocess.run(TEST, cwd=WORKSPACE, env=environment).returncode
    validator = Schemas(schemas)
    failures = 0
    for version in VERSIONS:
        files = sorted((traffic / version).glob("*.xml"))
        for file in files:
            complaints = validator.complaints(entry(file.read_bytes()))
            failures += bool(complaints)
            if complaints:
                print(f"FAILED {version}/{file.name}: {complaints[0]}")
        if len(files) < EXPECTED:
            failures += 1
            print(f"FAILED {version}: {len(files)} messages instead of {EXPECTED}")
        else:
            print(f"{version}: {len(files)} messages, {failures} not valid so far")
    return 1 if failures or written else 0


sys.exit(main())
