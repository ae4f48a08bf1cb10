"""Namespaces, bridges and taps of the suites with firewalls: made by them, removed by them, all under one prefix."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))


def sh(*words):
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL)


def on_a_network(checks, name, made):
    """Runs a part of a suite on a network of its own; `made` makes the part of the network."""
    network = Network(name)
    try:
        checks.attempt(name, lambda: made(network).run())
    finally:
        network.close()


class Network:
    """A bridge in a namespace of its own, and one more namespace for every client on it."""

    def __init__(self, name):
        self.prefix = f"cow-{os.getpid()}-{name}"
        self.spaces, self.children = [], []
        clear()
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
        # A machine that stands still for a moment finds every packet when it goes on.
        self.ip(self.middle, "link", "set", name, "txqueuelen", "20000", "master", "bridge", "up")
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

    @staticmethod
    def tools(image, space, *words, **options):
        """Starts a program of the tools tree in a namespace, with the image's accounts; its pid is the program's own."""
        accounts = os.path.join(image["root"], "etc", "passwd")
        inner = f'mount --bind "{accounts}" /etc/passwd && exec "$@"'
        return subprocess.Popen(["ip", "netns", "exec", space, os.path.join(REPO, "image", "in-tools"), "bash", "-c", inner, "-", *words],
                                env=dict(os.environ, TOOLS=image["tools"]), text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **{"stdin": subprocess.DEVNULL, **options})

    def close(self):
        for child in self.children:
            if child.poll() is None:
                child.terminate()
                child.wait()
        for space in reversed(self.spaces):
            subprocess.run(["ip", "netns", "del", space], check=False)


def clear():
    """Removes what a run that was killed left behind: namespaces that name a process which is no more."""
    for space in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
        word, _, rest = space.partition("-")
        owner = rest.partition("-")[0]
        if word == "cow" and owner.isdigit() and not os.path.exists(f"/proc/{owner}"):
            subprocess.run(["ip", "netns", "del", space], check=False)
