"""Cisco's schema of AXL, fetched by the name of the npm package that carries it; it is not part of this project."""

import pathlib
import subprocess
import tarfile

PACKAGE = "cisco-axl@1.2.5"


def fetch(folder):
    """The folder with one schema for each version."""
    subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, timeout=120, stdout=subprocess.DEVNULL)
    (archive,) = pathlib.Path(folder).glob("*.tgz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return pathlib.Path(folder, "package", "schema")
