"""A hundred changes of the ranges under traffic, at the unit that makes them: the image's own binary and rules, the
image's own nft, in a namespace of this host."""
import json
import os
import subprocess
import sys
import time

from tests.firewall.network import HERE as FIREWALL

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
RULES = os.path.join(REPO, "nftables", "cashcow.nft")
CHANGES = 100
MACHINE = {4: "192.0.2.10", 6: "2001:db8::10"}
# The allowed sources are in every list, under ranges that change around them; the strangers live next door.
ALLOWED = {4: "192.0.2.65", 6: "2001:db8::65"}
STRANGER = {4: "192.0.2.96", 6: "2001:db8::96"}
LISTS = [
    ["192.0.2.64/28", "2001:db8::60/124"],
    ["192.0.2.64/27", "2001:db8::60/123", "192.0.2.97/32"],
    ["192.0.2.65/32", "2001:db8::65/128", "192.0.2.98/31", "2001:db8::97/128"],
    ["192.0.2.64/28", "192.0.2.80/28", "2001:db8::60/124", "2001:db8::70/124", "198.51.100.0/24"],
    ["192.0.2.64/27", "2001:db8::40/122", "192.0.2.100/30"],
]


def traffic(network, space, kind, family):
    child = network.start(space, sys.executable, os.path.join(HERE, "traffic.py"), kind, MACHINE[family], "9443",
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout.readline().strip() == "ready"
    return child


def told(child):
    child.stdin.close()
    return json.loads(child.stdout.readline())


class Storm:
    """The unit's verb, run a hundred times."""

    def __init__(self, checks, lab, image, network):
        self.checks, self.lab, self.image, self.network = checks, lab, image, network
        self.folder = lab.path("storm")
        self.machine = network.client("storm", f"{MACHINE[4]}/24", f"{MACHINE[6]}/64")
        self.inside = network.client("allowed", f"{ALLOWED[4]}/24", f"{ALLOWED[6]}/64")
        self.outside = network.client("stranger", f"{STRANGER[4]}/24", f"{STRANGER[6]}/64")
        self.number = 0

    def tools(self, *words):
        accounts = os.path.join(self.image["root"], "etc", "passwd")
        inner = f'mount --bind "{accounts}" /etc/passwd && exec "$@"'
        done = subprocess.run(["ip", "netns", "exec", self.machine, os.path.join(REPO, "image", "in-tools"), "bash", "-c", inner,
                               "-", *words], env=dict(os.environ, TOOLS=self.image["tools"]), capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=120)
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout

    def verb(self, verb):
        libraries = os.path.join(self.image["root"], "usr", "lib", "x86_64-linux-gnu")
        return self.tools("env", f"LD_LIBRARY_PATH={libraries}", self.path("cashcowd"), verb, "--config", self.path("cashcowd.toml"),
                          "--state", self.path("firewall.json"))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def want(self, confirmed, trial=None):
        """What the service would ask for."""
        def rows(nets):
            return [{"net": net, "name": "desk", "owner": "Ada Osei"} for net in nets]
        text = {"version": 1, "confirmed": rows(confirmed), "collector": [], "recovered": 0,
                "trial": trial and {"number": trial[0], "ranges": rows(trial[1])}}
        with open(self.path("ranges", "wanted.json.new"), "w", encoding="utf-8") as file:
            json.dump(text, file)
        os.rename(self.path("ranges", "wanted.json.new"), self.path("ranges", "wanted.json"))

    def prepare(self):
        for name in ("ranges", "asked", "machine"):
            os.makedirs(self.path(name))
        subprocess.run(["cp", os.path.join(self.image["root"], "usr", "bin", "cashcowd"), self.path("cashcowd")], check=True)
        with open(self.path("cashcowd.toml"), "w", encoding="utf-8") as file:
            file.write(f'profile = "release"\n[paths]\nranges = "{self.path("ranges")}"\nmachine = "{self.path("machine")}"\n')
        with open(self.path("firewall.json"), "w", encoding="utf-8") as file:
            json.dump({"version": 1, "admin": {LISTS[0][0]: "desk", LISTS[0][1]: "desk 6"}, "dev_gateways": []}, file)
        self.tools("nft", "-f", RULES)
        self.verb("firewall")
        server = self.network.start(self.machine, sys.executable, os.path.join(FIREWALL, "echo.py"), "9443", stdout=subprocess.PIPE)
        server.stdout.readline()

    def run(self):
        self.prepare()
        guests = {family: traffic(self.network, self.inside, "allowed", family) for family in (4, 6)}
        strangers = {family: traffic(self.network, self.outside, "stranger", family) for family in (4, 6)}
        time.sleep(1)
        for number in range(1, CHANGES + 1):
            before, after = LISTS[(number - 1) % len(LISTS)], LISTS[number % len(LISTS)]
            # Every other change goes through its trial; the rest are confirmed at once.
            if number % 2:
                self.want(before, (number, after))
                self.verb("ranges")
            self.want(after)
            self.verb("ranges")
        self.see(guests, strangers)
        self.checks.check("after the storm the firewall holds the last list", self.holds(LISTS[CHANGES % len(LISTS)]), self.tools(
            "nft", "list", "set", "inet", "cashcow", "admin4"))
        self.a_trial_without_a_service()

    def see(self, guests, strangers):
        for family, child in guests.items():
            facts = told(child)
            print(f"-- allowed, IPv{family}: {facts}", flush=True)
            self.checks.check(f"a storm of {CHANGES} changes drops no open connection that is allowed (IPv{family})",
                              facts.get("answers", 0) > 1000 and not facts.get("held_dropped"), str(facts))
            self.checks.check(f"and refuses no new one, with no packet lost (IPv{family})", facts.get("new", 0) > 200
                              and not facts.get("new_refused") and not facts.get("new_with_a_lost_packet"), str(facts))
        for family, child in strangers.items():
            facts = told(child)
            print(f"-- stranger, IPv{family}: {facts}", flush=True)
            self.checks.check(f"and is open to a stranger at no moment (IPv{family})",
                              facts.get("knocks", 0) > 1000 and not facts.get("answered"), str(facts))

    def holds(self, nets):
        text = " ".join(" ".join(self.tools("nft", "list", "set", "inet", "cashcow", name).split()) for name in ("admin4", "admin6"))
        return all(net.removesuffix("/32").removesuffix("/128") in text for net in nets)

    def a_trial_without_a_service(self):
        """Nobody is there but the timer: looks every ten seconds, as cashcow-ranges.timer does."""
        self.want(LISTS[0], (CHANGES + 1, [*LISTS[0], f"{STRANGER[4]}/32"]))
        began = time.monotonic()
        self.verb("ranges")
        self.checks.check("a change on trial is in force", self.network.probe(self.outside, "tcp", MACHINE[4], "9443") == "open")
        while time.monotonic() - began < 150 and os.path.exists(self.path("ranges", "trial")):
            time.sleep(10)
            self.verb("ranges")
        took = time.monotonic() - began
        self.checks.check("with no service alive it is taken back within two minutes", 80 < took < 120, f"{took:.0f} s")
        self.checks.check("and the stranger is out", self.network.probe(self.outside, "tcp", MACHINE[4], "9443") == "silent")
