"""Installs what the tests need: Python and Node packages below the target directory, and a browser.

Everything is pinned, so that a run of next year sees the clients of this one. A second call finds all in place.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

# Behind aioxmpp: what it imports without naming it, and the last one that has what it calls.
PYTHON = ["zeep==4.3.3", "slixmpp==1.17.0", "aioxmpp==0.13.3", "pytz==2026.6", "pyOpenSSL==24.2.1"]
# The three after strophe.js are what it asks for under Node; xhr2 stands in for the browser's XMLHttpRequest.
NODE = ["strophe.js@5.0.0", "@xmldom/xmldom@0.9.12", "saxes@6.0.0", "ws@8.23.0", "xhr2@0.2.1", "playwright-core@1.65.1",
        "stanza@12.22.1"]
# Clients around Cisco's schema: Python's without what it asks for, which is in PYTHON already. cisco-axl carries the
# schema of 11.0 to 15.0.
AXL_PYTHON = ["ciscoaxl==0.164"]
AXL_NODE = ["cisco-axl@1.2.5", "soap@1.13.0"]
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]


class Missing(Exception):
    """A tool that cannot be installed from here; the text says what a person can do."""


def python(directory):
    """A Python with the packages of `PYTHON`."""
    home = pathlib.Path(directory) / "venv"
    program = home / "bin" / "python"
    if not fresh(home, PYTHON):
        run([sys.executable, "-m", "venv", "--clear", home])
        run([program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PYTHON])
        mark(home, PYTHON)
    return program


def node(directory):
    """The `node_modules` that holds the packages of `NODE`."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise Missing("node and npm are needed (20 or later)")
    home = pathlib.Path(directory) / "node"
    if not fresh(home, NODE):
        home.mkdir(parents=True, exist_ok=True)
        (home / "package.json").write_text('{"private": true}\n')
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", home, *NODE])
        mark(home, NODE)
    return home / "node_modules"


def axl(directory, python):
    """What foreign AXL clients are in: a folder for Python, a `node_modules`, and Cisco's schemas by version."""
    home = pathlib.Path(directory) / "axl"
    packages = [*AXL_PYTHON, *AXL_NODE]
    if not fresh(home, packages):
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        (home / "package.json").write_text('{"private": true}\n')
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        run([*pip, "--target", home / "python", *AXL_PYTHON])
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", home, *AXL_NODE])
        mark(home, packages)
    node_modules = home / "node_modules"
    return home / "python", node_modules, node_modules / "cisco-axl" / "schema"


def chromium():
    """The path of a Chromium; installs Debian's when there is none and we may."""
    named = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)
    if found:
        return found
    if named:
        raise Missing(f"there is no {named}, which CHROMIUM names")
    return debian("chromium", "chromium")


def debian(program, package):
    """The path of a program; installs Debian's package when it is missing and we may."""
    # Where Debian keeps programs of administrators is not in everybody's path.
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin"
    found = shutil.which(program, path=path)
    if found:
        return found
    if not shutil.which("apt-get"):
        raise Missing(f"{program} is missing, and this is no Debian to install {package} on")
    if os.geteuid() != 0:
        raise Missing(f"{program} is missing: run `sudo apt-get install --no-install-recommends {package}`")
    run(["apt-get", "update", "-qq"])
    run(
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package],
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    )
    return shutil.which(program, path=path)


def debian_version(package):
    """The version of an installed package, without Debian's own part."""
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return done.stdout.rpartition("-")[0] or "unknown"


def fresh(home, packages):
    stamp = home / "installed"
    return stamp.is_file() and stamp.read_text() == digest(packages)


def mark(home, packages):
    (home / "installed").write_text(digest(packages))


def digest(packages):
    return hashlib.sha256("\n".join([sys.version, *packages]).encode()).hexdigest()


def run(command, env=None):
    command = [str(part) for part in command]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Missing(f"`{' '.join(command)}` failed:\n{done.stdout}{done.stderr}".rstrip())
