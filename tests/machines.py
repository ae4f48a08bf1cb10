"""What the suites with machines share: images built once, machines on them, and checks that are counted.

A suite is a list of functions; each makes checks (`ok NAME` / `FAIL NAME: why`) and the runner closes with
`N passed, N failed`. Timeouts are three times what was measured on a busy two-core machine under TCG.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

REPO = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(REPO, "image"))

import build  # noqa: E402
import disks  # noqa: E402
import keys  # noqa: E402
from accelerator import accelerator  # noqa: E402
from machine import Machine, MachineError  # noqa: E402

__all__ = ["Checks", "Lab", "MachineError", "REPO", "build", "disks", "keys", "root_only"]

BOOT = 300


def appliance(network, ranges):
    """The tests' provisioning file with this network and these ranges, for a shop with the demo's products."""
    with open(os.path.join(REPO, "tests", "appliance.toml"), encoding="utf-8") as file:
        text = file.read()
    for old, new in (("dhcp = true", network), ('{ cidr = "10.0.2.2/32", name = "hosting desk" }', ranges),
                     ("[administrator]", "demo = true\n[administrator]")):
        assert old in text, old
        text = text.replace(old, new)
    return text


def root_only():
    """Starts the calling suite again through sudo if it does not run as root. One that is told to end cleans up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if os.geteuid() != 0:
        module = os.path.relpath(os.path.dirname(os.path.abspath(sys.argv[0])), REPO).replace("/", ".")
        os.execvp("sudo", ["sudo", "--preserve-env=HOME,PATH,CARGO_HOME,RUSTUP_HOME,CARGO_TARGET_DIR,XDG_CACHE_HOME",
                           "env", f"PATH={os.environ['PATH']}", sys.executable, "-m", module])


class Checks:
    """Counts checks; may be used from several threads."""

    def __init__(self):
        self.passed = self.failed = 0
        self.lock = threading.Lock()

    def check(self, name, good, why=""):
        with self.lock:
            if good:
                self.passed += 1
                print(f"ok {name}", flush=True)
            else:
                self.failed += 1
                print(f"FAIL {name}: {why or 'it is not so'}", flush=True)
        return bool(good)

    def attempt(self, name, part, *arguments):
        """Runs a part of a suite; an error in it is one failed check, and the suite goes on."""
        began = time.monotonic()
        try:
            part(*arguments)
        except Exception as error:  # pylint: disable=broad-except
            self.check(name, False, f"{type(error).__name__}: {error}")
            traceback.print_exc()
        print(f"-- {name}: {time.monotonic() - began:.0f} s", flush=True)

    def side_by_side(self, *parts):
        """Runs (name, part, arguments...) at the same time."""
        threads = [threading.Thread(target=self.attempt, args=part) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def close(self):
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(1 if self.failed else 0)


class Lab:
    """A folder for machines, removed at the end; images come from target/image."""

    def __init__(self, name):
        os.makedirs(os.path.join(REPO, "target", "lab"), exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix=f"{name}-", dir=os.path.join(REPO, "target", "lab"))
        self.machines = []

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def image(profile="dev", version=None, svn=1):
        return build.build(profile, version, svn, say=lambda line: print(f"build: {line}", flush=True))

    def stick(self, image, network="dhcp = true", ranges='{ cidr = "10.0.2.2/32", name = "test" }', more="", name="setup.raw"):
        path = self.path(name)
        disks.stick(image["tools"], path, appliance(network, ranges) + more)
        return path

    def machine(self, name, image, disk, firmware=None, **options):
        """A machine of its own state folder; it is stopped when the lab closes."""
        options.setdefault("accelerator", accelerator(image, print))
        made = Machine(self.path(name), image["tools"], disk, firmware or os.path.join(image["keys"], "vars.fd"), **options)
        self.machines.append(made)
        return made

    def copy(self, machine, name, files=("disk.raw", "tpm", "firmware.fd", "uuid")):
        """Copies the state of a machine that is off into a new state folder."""
        target = self.path(name)
        os.makedirs(target, mode=0o700)
        for file in files:
            source = machine.path(file)
            if os.path.exists(source):
                subprocess.run(["cp", "-a", "--sparse=always", source, target], check=True)
        return os.path.join(target, "disk.raw")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for machine in self.machines:
            machine.stop()
        if os.environ.get("CASHCOW_KEEP_LAB"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def facts(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)
