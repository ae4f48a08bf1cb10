"""Namespaces, bridges and taps of the firewall suite: made by it, removed by it, all under one prefix."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))


def sh(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


class Network:
    """A bridge in a namespace of its own, and one more namespace for every client on it."""

    def __init__(self):
        self.prefix = f"cow{os.getpid() % 100000}"
        self.spaces, self.children = [], []
        self.middle = self.space("middle")
        self.ip(self.middle, "link", "add", "bridge", "type", "bridge", "mcast_snooping", "0")
        self.ip(self.middle, "link", "set", "bridge", "up")

    def space(self, name):
        full = f"{self.prefix}-{name}"
        sh("ip", "netns", "add", full)
        self.spaces.append(full)
        self.ip(full, "link", "set", "lo", "up")
        return full

    @staticmethod
    def ip(space, *words):
        sh("ip", "-n", space, *words)

    def client(self, name, *addresses):
        """A namespace on the bridge with these addresses."""
        space = self.space(name)
        self.ip(self.middle, "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", space)
        self.ip(self.middle, "link", "set", f"to-{name}", "master", "bridge", "up")
        for address in addresses:
            self.ip(space, "addr", "add", address, "dev", "eth0", *(["nodad"] if ":" in address else []))
        self.ip(space, "link", "set", "eth0", "up")
        return space

    def tap(self, name):
        """A tap on the bridge, for a machine that runs in the namespace `middle`."""
        self.ip(self.middle, "tuntap", "add", "dev", name, "mode", "tap")
        self.ip(self.middle, "link", "set", name, "master", "bridge", "up")
        return name

    def start(self, space, *words, **options):
        """Starts a program in a namespace; it is ended with the network."""
        child = subprocess.Popen(["ip", "netns", "exec", space, *words], text=True, **options)
        self.children.append(child)
        return child

    def probe(self, space, *words):
        """What a probe from there says."""
        done = subprocess.run(["ip", "netns", "exec", space, sys.executable, os.path.join(HERE, "probe.py"), *words],
                              capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False, timeout=120)
        return done.stdout.strip() or done.stderr.strip()[-200:]

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.terminate()
                child.wait()
        for space in reversed(self.spaces):
            subprocess.run(["ip", "netns", "del", space], check=False)
