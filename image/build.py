"""Builds the image: runs the steps in order, each only when its inputs changed.

A step is a script in `steps/` whose head names what it needs (`#: needs`), which files it reads
(`#: inputs`), which settings (`#: vars`) and keys; the hash of all that names the folder it fills.
Steps marked `#: keep cache` are shared by every checkout (~/.cache/cashcow), the rest lives in
target/image. Nothing here knows what a step does.
"""
import fcntl
import hashlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import time
import uuid

import keys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(HERE)
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "cashcow")
TARGET = os.path.join(REPO, "target", "image")
PROFILES = ("release", "dev")
# Kept folders of one step: three images (two releases and a dev one) live side by side in the tests.
KEPT = 4


class Step:
    """One script of `steps/`, with the head that says what it depends on."""

    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)
        self.head = {"needs": [], "inputs": [], "vars": [], "keys": [], "keep": []}
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("#: "):
                    word, *rest = line[3:].split()
                    self.head[word] += rest
        self.variable = self.name.split("-", 1)[1].upper()

    def home(self):
        return CACHE if "cache" in self.head["keep"] else os.path.join(TARGET, "steps")

    def digest(self, settings, done):
        """The name of this step's result: a hash over everything that it reads."""
        total = hashlib.sha256()
        for need in self.head["needs"]:
            total.update(done[need].encode())
        for name in self.head["vars"]:
            total.update(f"{name}={settings[name]}\n".encode())
        files = [self.path] + [os.path.join(REPO, os.path.expandvars(name).replace("$CASHCOWD", settings["CASHCOWD"])
                                            .replace("$COWCTL", settings["COWCTL"])) for name in self.head["inputs"]]
        files += [os.path.join(settings["KEYS"], name) for name in self.head["keys"]]
        for name in files:
            total.update(tree_digest(name))
        return total.hexdigest()[:16]


def tree_digest(path):
    """A hash over a file, or over names, modes and contents of a folder."""
    total = hashlib.sha256()
    if os.path.isdir(path) and not os.path.islink(path):
        for name in sorted(os.listdir(path)):
            total.update(name.encode() + tree_digest(os.path.join(path, name)))
    elif os.path.islink(path):
        total.update(os.readlink(path).encode())
    else:
        with open(path, "rb") as file:
            total.update(str(os.stat(path).st_mode & 0o111).encode())
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.digest()


class Build:
    """One image to build: profile, version, minimum version number, keys."""

    def __init__(self, profile, version, svn, key_folder, say, cashcowd=None, cowctl=None):
        self.say = say
        self.profile, self.version = profile, version
        self.settings = {
            "PROFILE": profile, "VERSION": version, "SVN": str(svn),
            "KEYS": os.path.join(os.path.abspath(key_folder), profile),
            "CASHCOWD": cashcowd or os.path.join(cargo_target(), "release", "cashcowd"),
            "COWCTL": cowctl or os.path.join(cargo_target(), "release", "cowctl"),
            "SEED": str(uuid.uuid5(uuid.NAMESPACE_URL, f"cashcow/{profile}/{version}")),
        }
        names = sorted(os.listdir(os.path.join(HERE, "steps")))
        self.steps = [Step(os.path.join(HERE, "steps", name)) for name in names]
        self.results = {}
        self.digests = {}

    def tools(self, *command):
        """Runs a program of the tools tree."""
        keys.quiet([os.path.join(HERE, "in-tools"), *command], self.results["10-tools"])

    def run(self):
        """Builds what is missing; returns the path of the raw disk."""
        os.makedirs(TARGET, exist_ok=True)
        os.makedirs(CACHE, exist_ok=True)
        with open(os.path.join(CACHE, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.step(self.steps[0], 1)
            keys.ensure(self.tools, self.settings["KEYS"], self.profile)
            for number, step in enumerate(self.steps[1:], 2):
                self.step(step, number)
            packages(self.results["25-debian"], self.results["20-kernel"], self.say)
            return self.publish()

    def step(self, step, number):
        digest = self.digests[step.name] = step.digest(self.settings, self.digests)
        final = self.results[step.name] = os.path.join(step.home(), f"{step.name}-{digest}")
        title = f"[{number}/{len(self.steps)}] {step.name.split('-', 1)[1]}"
        if os.path.isdir(final):
            os.utime(final)
            return self.say(f"{title}: kept")
        self.say(f"{title} ...")
        began = time.monotonic()
        fresh = final + ".new"
        shutil.rmtree(fresh, ignore_errors=True)
        os.makedirs(fresh)
        environment = dict(os.environ, OUT=fresh, **self.settings)
        environment.update({s.variable: self.results[s.name] for s in self.steps if s.name in self.results})
        # The tools come with the path of the finished tree, but not to the step that makes them.
        environment["TOOLS"] = self.results["10-tools"]
        log_path = os.path.join(TARGET, f"{step.name}.log")
        with open(log_path, "w", encoding="utf-8") as log:
            code = subprocess.run([step.path], cwd=REPO, env=environment, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=subprocess.STDOUT, check=False).returncode
        if code:
            with open(log_path, encoding="utf-8", errors="replace") as log:
                tail = "".join(log.readlines()[-15:])
            shutil.rmtree(fresh, ignore_errors=True)
            raise SystemExit(f"{tail}\nimage: step {step.name} failed (all of its output: {log_path})")
        os.rename(fresh, final)
        self.prune(step)
        return self.say(f"{title}: {time.monotonic() - began:.1f} s")

    def prune(self, step):
        """Forgets old results of a step, the least recently used first."""
        old = [os.path.join(step.home(), name) for name in os.listdir(step.home()) if name.startswith(step.name + "-")]
        for path in sorted(old, key=os.path.getmtime, reverse=True)[KEPT:]:
            shutil.rmtree(path, ignore_errors=True)

    def publish(self):
        """Puts the disk under its name, beside a description that the tests and staff read."""
        folder = os.path.join(TARGET, self.profile)
        os.makedirs(folder, exist_ok=True)
        raw = os.path.join(folder, f"{self.version}.raw")
        if os.path.lexists(raw):
            os.unlink(raw)
        os.link(os.path.join(self.results["70-disk"], "disk.raw"), raw)
        with open(os.path.join(self.results["50-verity"], "roothash"), encoding="utf-8") as file:
            roothash = file.read().strip()
        facts = {"profile": self.profile, "version": self.version, "svn": int(self.settings["SVN"]), "raw": raw,
                 "roothash": roothash, "uki": os.path.join(self.results["60-uki"], "cashcow.efi"),
                 "root": os.path.join(self.results["40-service"], "root"),
                 "vmlinuz": os.path.join(self.results["20-kernel"], "vmlinuz"), "tools": self.results["10-tools"], "keys": self.settings["KEYS"],
                 "id": self.digests["70-disk"]}
        with open(os.path.join(folder, f"{self.version}.json"), "w", encoding="utf-8") as file:
            json.dump(facts, file, indent=1)
        return facts


def packages(debian, kernel, say):
    """Compares what came from the mirror with packages.lock. The mirror serves current versions only,
    so a difference is news, not an error: it is shown, and the lock is renewed by --update-lock."""
    now = set()
    for tree in (debian, kernel):
        with open(os.path.join(tree, "packages"), encoding="utf-8") as file:
            now |= set(file.read().split())
    lock = os.path.join(HERE, "packages.lock")
    if "CASHCOW_UPDATE_LOCK" in os.environ or not os.path.exists(lock):
        with open(lock, "w", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in sorted(now)))
    with open(lock, encoding="utf-8") as file:
        then = set(file.read().split())
    if now != then:
        newer = ", ".join(sorted(now - then)[:6])
        say(f"note: {len(now - then)} Debian packages are newer than image/packages.lock ({newer} ...); "
            "after looking at them: image/build --update-lock")


def cargo_target():
    return os.environ.get("CARGO_TARGET_DIR") or os.path.join(REPO, "target")


def compile_service(say):
    """Builds cashcowd and cowctl, as the person who called sudo if there is one."""
    say("[0] cashcowd and cowctl ...")
    began = time.monotonic()
    command = ["cargo", "build", "--release", "--locked", "--bin", "cashcowd", "--bin", "cowctl"]
    if os.environ.get("SUDO_UID") and os.geteuid() == 0:
        person = pwd.getpwuid(int(os.environ["SUDO_UID"]))
        if os.stat(REPO).st_uid == person.pw_uid:
            command = ["setpriv", f"--reuid={person.pw_uid}", f"--regid={person.pw_gid}", "--init-groups", *command]
    code = subprocess.run(command, cwd=REPO, stdin=subprocess.DEVNULL, check=False).returncode
    if code:
        raise SystemExit("image: cashcowd does not compile (see above)")
    say(f"[0] cashcowd and cowctl: {time.monotonic() - began:.1f} s")


def service_version():
    with open(os.path.join(REPO, "Cargo.toml"), encoding="utf-8") as file:
        return next(line.split('"')[1] for line in file if line.startswith("version = "))


def build(profile="dev", version=None, svn=1, key_folder=None, say=None, cashcowd=None, cowctl=None):
    """Builds one image and returns its description. `cashcowd`/`cowctl`: ready binaries to use."""
    say = say or (lambda line: print(line, file=sys.stderr, flush=True))
    if not (cashcowd and cowctl):
        compile_service(say)
    key_folder = key_folder or os.path.join(REPO, "keys")
    return Build(profile, version or service_version(), svn, key_folder, say, cashcowd, cowctl).run()
