"""A hundred changes of the ranges under traffic, at the unit that makes them: the image's own binary and rules and the
nft of its Debian, in a namespace of this host. A second table in that namespace counts what comes to the rules and what
gets past them, so that no packet has to be caught in the act. At the end the same traffic meets a firewall that changes
in two steps, and must find it out."""
import json
import os
import random
import subprocess
import sys
import time

from tests.firewall.network import HERE as FIREWALL

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
RULES = os.path.join(REPO, "nftables", "cashcow.nft")
CHANGES = 100
FAMILIES = (4, 6)
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
# Seconds between two knocks of one place.
PAUSE = "0.001"


def traffic(network, space, *words):
    child = network.start(space, sys.executable, os.path.join(HERE, "traffic.py"), *words, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE)
    assert child.stdout.readline().strip() == "ready"
    return child


def told(child):
    child.stdin.close()
    return json.loads(child.stdout.readline())


def counting():
    """A table beside the machine's own: packets by place and family, before and after its rules, both ways."""
    lines = ["table inet counting {"]
    chains = {}
    for who, places in (("allowed", ALLOWED), ("stranger", STRANGER)):
        for family, address in places.items():
            net = "ip" if family == 4 else "ip6"
            for hook, end, port in (("input", "saddr", "dport"), ("output", "daddr", "sport")):
                for side, priority in (("before", "-10"), ("after", "10")):
                    name = f"{who}{family}_{hook}_{side}"
                    lines.append(f"  counter {name} {{}}")
                    head = f"  chain {hook}_{side} {{ type filter hook {hook} priority {priority}; policy accept;"
                    chains.setdefault(head, []).append(f"{net} {end} {address} tcp {port} 9443 counter name {name}")
    lines += ["\n    ".join([head, *rules]) + "\n  }" for head, rules in chains.items()]
    return "\n".join([*lines, "}"])


class Storm:
    """The unit's verb, run a hundred times."""

    def __init__(self, checks, lab, image, network):
        self.checks, self.lab, self.image, self.network = checks, lab, image, network
        self.folder = lab.path("storm")
        self.machine = network.client("storm", f"{MACHINE[4]}/24", f"{MACHINE[6]}/64")
        self.inside = network.client("allowed", f"{ALLOWED[4]}/24", f"{ALLOWED[6]}/64")
        self.outside = network.client("stranger", f"{STRANGER[4]}/24", f"{STRANGER[6]}/64")
        self.chance = random.Random(4)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self, *words, **options):
        return self.network.tools(self.image, self.machine, *words, **options)

    def tools(self, *words, script=None):
        child = self.start(*words, stdin=subprocess.PIPE)
        said, wrong = child.communicate(script, timeout=120)
        if child.returncode:
            raise RuntimeError(wrong.strip())
        return said

    def verb(self, verb):
        libraries = os.path.join(self.image["root"], "usr", "lib", "x86_64-linux-gnu")
        return ("env", f"LD_LIBRARY_PATH={libraries}", self.path("cashcowd"), verb, "--config", self.path("cashcowd.toml"),
                "--state", self.path("firewall.json"))

    def unit(self, killed=False):
        """A run of the unit; or one that is killed at some moment of it, and the one that the timer starts next."""
        if killed:
            child = self.start(*self.verb("ranges"))
            time.sleep(self.chance.uniform(0, 0.12))
            child.kill()
            child.communicate()
        self.tools(*self.verb("ranges"))

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
        self.tools("nft", "-f", "-", script=counting())
        self.tools(*self.verb("firewall"))
        server = self.network.start(self.machine, sys.executable, os.path.join(FIREWALL, "echo.py"), "9443", stdout=subprocess.PIPE)
        server.stdout.readline()

    def run(self):
        self.prepare()
        facts = self.under_traffic(self.changes)
        self.see_the_storm(facts)
        self.checks.check("after the storm the firewall holds the last list", self.holds(LISTS[CHANGES % len(LISTS)]), self.tools(
            "nft", "list", "set", "inet", "cashcow", "admin4"))
        self.see_two_steps(self.under_traffic(self.in_two_steps))
        self.a_trial_without_a_service()

    # -- what is looked at

    def under_traffic(self, part):
        """Runs a part under traffic of both places in both families: what the traffic tells, and what was counted."""
        self.tools("nft", "reset", "counters", "table", "inet", "counting")
        children = {}
        for family in FAMILIES:
            at = (MACHINE[family], "9443")
            children["hold", family] = traffic(self.network, self.inside, "hold", *at)
            children["allowed", family] = traffic(self.network, self.inside, "knock", ALLOWED[family], *at, PAUSE)
            children["stranger", family] = traffic(self.network, self.outside, "knock", STRANGER[family], *at, PAUSE)
        time.sleep(1)
        part()
        facts = {key: told(child) for key, child in children.items()}
        for entry in json.loads(self.tools("nft", "-j", "list", "counters", "table", "inet", "counting"))["nftables"]:
            if counter := entry.get("counter"):
                facts[counter["name"]] = counter["packets"]
        for family in FAMILIES:
            print(f"-- IPv{family}: open connections {facts['hold', family]}; knocks from inside {facts['allowed', family]}, from "
                  f"outside {facts['stranger', family]}; packets from inside {self.both(facts, 'allowed', family)}, from outside "
                  f"{self.both(facts, 'stranger', family)} (in: came, got past; out: came, got past)", flush=True)
        return facts

    @staticmethod
    def both(facts, who, family):
        return [facts[f"{who}{family}_{hook}_{side}"] for hook in ("input", "output") for side in ("before", "after")]

    def changes(self):
        for number in range(1, CHANGES + 1):
            before, after = LISTS[(number - 1) % len(LISTS)], LISTS[number % len(LISTS)]
            # Every other change goes through its trial; the rest are confirmed at once.
            if number % 2:
                self.want(before, (number, after))
                self.unit(killed=number % 10 == 3)
            if number % 10 == 8:
                # Somebody else has taken out what the unit is to take out: it replaces all sets at once.
                self.tools("nft", "delete", "element", "inet", "cashcow", "admin4", f"{{ {before[2]} . 9443 }}")
            self.want(after)
            self.unit(killed=number % 10 == 6)
            if number % 20 == 0:
                print(f"-- {number} changes at the unit", flush=True)

    def see_the_storm(self, facts):
        for family in FAMILIES:
            held, allowed, stranger = (facts[kind, family] for kind in ("hold", "allowed", "stranger"))
            self.checks.check(f"a storm of {CHANGES} changes drops no open connection that is allowed (IPv{family})",
                              held.get("answers", 0) > 1000 and not held.get("dropped"), str(held))
            self.checks.check(f"and refuses no new one (IPv{family})",
                              held.get("new", 0) > 100 and not held.get("refused") and not allowed["unanswered"], f"{held} {allowed}")
            came, past, out, left = self.both(facts, "allowed", family)
            self.checks.check(f"and loses none of their packets, in or out (IPv{family})", past == came > 5000 and left == out > 5000,
                              f"{past} of {came} in, {left} of {out} out")
            came, past, out, _ = self.both(facts, "stranger", family)
            self.checks.check(f"and is open to a stranger at no moment (IPv{family})",
                              came >= stranger["knocks"] > 1000 and past == out == 0 == stranger["answered"], f"{past} of {came} got in: {stranger}")

    def in_two_steps(self):
        """Rules that are emptied and filled again, and a stranger let in for a moment: two transactions of one nft each."""
        for family, net in ((4, "192.0.2.64/28"), (6, "2001:db8::60/124")) * 5:
            table, stranger = f"inet cashcow admin{family}", f"{{ {STRANGER[family]} . 9443 }}"
            steps = (f"flush set {table}", f"add element {table} {{ {net} . 9443 }}", f"add element {table} {stranger}", f"delete element {table} {stranger}")
            self.tools("nft", "-i", script="".join(f"{step}\n" for step in steps) * 50)

    def see_two_steps(self, facts):
        for family in FAMILIES:
            came, past, _, _ = self.both(facts, "allowed", family)
            self.checks.check(f"a firewall that changes in two steps is found out by the packets that it loses (IPv{family})",
                              past < came and facts["allowed", family]["unanswered"], f"{past} of {came}: {facts['allowed', family]}")
            _, past, out, _ = self.both(facts, "stranger", family)
            self.checks.check(f"and by a stranger's knocks that it answers (IPv{family})",
                              past and out and facts["stranger", family]["answered"], f"{past} in, {out} out: {facts['stranger', family]}")

    def holds(self, nets):
        text = " ".join(" ".join(self.tools("nft", "list", "set", "inet", "cashcow", name).split()) for name in ("admin4", "admin6"))
        return all(f"{net.removesuffix('/32').removesuffix('/128')} . 9443" in text for net in nets)

    def a_trial_without_a_service(self):
        """Nobody is there but the timer: looks every ten seconds, as cashcow-ranges.timer does."""
        self.want(LISTS[0], (CHANGES + 1, [*LISTS[0], f"{STRANGER[4]}/32"]))
        began = time.monotonic()
        self.unit()
        self.checks.check("a change on trial is in force", self.network.probe(self.outside, "tcp", MACHINE[4], "9443") == "open")
        while time.monotonic() - began < 150 and os.path.exists(self.path("ranges", "trial")):
            time.sleep(10)
            self.unit()
        took = time.monotonic() - began
        print(f"-- taken back without a service after {took:.0f} s", flush=True)
        self.checks.check("with no service alive it is taken back within two minutes", 80 < took < 120, f"{took:.0f} s")
        self.checks.check("and the stranger is out", self.network.probe(self.outside, "tcp", MACHINE[4], "9443") == "silent")
