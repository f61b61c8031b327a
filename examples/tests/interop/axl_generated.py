"""Records that `axl-schema` writes for all of AXL's operations, checked by the compiler.

The operations are taken in pieces, each a crate's whole content. Forty of them, all verbs among them, have to compile in
ten seconds of processor time, all threads together: what else the machine does meanwhile does not count.
"""

import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import time

VERSION = "14.0"
PIECE = 120
FORTY_SECONDS = 10
WORKSPACE = pathlib.Path(__file__).resolve().parents[3]
MANIFEST = """[package]
name = "axl-records"
version = "0.0.0"
edition = "2024"

[dependencies]
soap-axl = {{ path = "{path}" }}

[profile.dev]
debug = "line-tables-only"

[workspace]
"""


class Crate:
    """A crate of records."""

    def __init__(self, folder, tool, schema):
        self.folder = pathlib.Path(folder, "records")
        self.tool, self.schema = tool, schema
        (self.folder / "src").mkdir(parents=True)
        (self.folder / "Cargo.toml").write_text(MANIFEST.format(path=WORKSPACE / "soap-axl"))
        shutil.copy(WORKSPACE / "Cargo.lock", self.folder)

    def compile(self, operations, command):
        """Seconds of processor time that the compiler takes for records of these operations, and seconds that go by."""
        library = self.folder / "src" / "lib.rs"
        records = say(self.tool, "--schema", self.schema, "generate", "--operation", *operations) if operations else ""
        library.write_text("//! Records.\n#![deny(warnings, missing_docs)]\n" + records)
        environment = os.environ | {"CARGO_TARGET_DIR": str(self.folder / "target")}
        started, worked = time.monotonic(), processor()
        subprocess.run(["cargo", command, "--quiet", "--offline"], cwd=self.folder, env=environment, check=True)
        return processor() - worked, time.monotonic() - started


def processor():
    """Seconds of processor time that programs started here have taken."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def say(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def build():
    """The tool that writes records."""
    command = ["cargo", "build", "--quiet", "--locked", "-p", "contact-center-tools", "--bin", "axl-schema"]
    subprocess.run(command, cwd=WORKSPACE, check=True)
    return pathlib.Path(os.environ["INTEROP_BIN_DIR"]).parent / "debug" / "axl-schema"


def main():
    schema = pathlib.Path(os.environ["INTEROP_AXL_SCHEMAS"]) / VERSION / "AXLSoap.xsd"
    with tempfile.TemporaryDirectory() as folder:
        tool = build()
        operations = say(tool, "--schema", schema, "list").split()
        assert len(operations) == 1068, len(operations)
        crate = Crate(folder, tool, schema)
        # What the records stand on is compiled before the clock runs.
        crate.compile([], "build")
        forty = operations[:: len(operations) // 40][:40]
        seconds, passed = crate.compile(forty, "build")
        print(f"40 operations compile in {seconds:.1f} s of processor time, {passed:.1f} s on this machine")
        assert seconds < FORTY_SECONDS, f"40 operations took {seconds:.1f} s"
        crate.compile([], "check")
        pieces = range(0, len(operations), PIECE)
        total = sum(crate.compile(operations[start : start + PIECE], "check")[0] for start in pieces)
        print(f"all {len(operations)} type-check in {total:.0f} s of processor time")


if __name__ == "__main__":
    main()
