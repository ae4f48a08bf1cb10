"""Traffic against one port while its firewall changes, from inside a namespace.

usage: traffic.py allowed|stranger ADDRESS PORT; runs until its standard input ends, then prints one line of JSON.
  allowed   keeps connections open and makes new ones all the time: what was dropped, and how long anything took
  knocking  the same without a word: new connections alone, for a port that speaks TLS
  stranger  knocks all the time: how many knocks, and how many were ever answered
"""
import json
import selectors
import socket
import sys
import threading
import time

HELD = 8
# A knock is given up after this; a port that were open for a moment would have answered long before.
PATIENCE = 0.4
# A packet of a new connection that is lost is sent again after a second: a connection that took less lost none.
LOST = 0.9


class Counted:
    def __init__(self):
        self.lock, self.facts = threading.Lock(), {}

    def add(self, name, count=1):
        with self.lock:
            self.facts[name] = self.facts.get(name, 0) + count

    def most(self, name, value):
        with self.lock:
            self.facts[name] = max(self.facts.get(name, 0), round(value, 3))


def knocking(address, port, over, counted):
    """New connections come up at once; a gentle pace, since the machine behind the port may be emulated."""
    def come():
        while not over.is_set():
            began = time.monotonic()
            try:
                socket.create_connection((address, port), timeout=5).close()
            except OSError:
                counted.add("new_refused")
            counted.add("new")
            counted.most("longest_new", time.monotonic() - began)
            time.sleep(0.25)

    return [threading.Thread(target=come)]


def allowed(address, port, over, counted):
    """Open connections answer each byte; new ones come up at once."""
    def hold():
        stream = socket.create_connection((address, port), timeout=5)
        stream.settimeout(5)
        while not over.is_set():
            began = time.monotonic()
            try:
                stream.sendall(b"?")
                if not stream.recv(1):
                    raise OSError("closed")
            except OSError:
                counted.add("held_dropped")
                return
            counted.add("answers")
            counted.most("longest_answer", time.monotonic() - began)
            time.sleep(0.01)

    def come():
        while not over.is_set():
            began = time.monotonic()
            try:
                with socket.create_connection((address, port), timeout=5) as stream:
                    stream.settimeout(5)
                    stream.sendall(b"?")
                    if not stream.recv(1):
                        raise OSError("closed")
            except OSError:
                counted.add("new_refused")
            took = time.monotonic() - began
            counted.add("new")
            counted.most("longest_new", took)
            if took > LOST:
                counted.add("new_with_a_lost_packet")
            time.sleep(0.01)

    return [threading.Thread(target=hold) for _ in range(HELD)] + [threading.Thread(target=come) for _ in range(2)]


def stranger(address, port, over, counted):
    """Some hundred knocks a second, each watched for an answer."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET

    def knock():
        waiting = selectors.DefaultSelector()
        while not over.is_set():
            now = time.monotonic()
            probe = socket.socket(family)
            probe.setblocking(False)
            probe.connect_ex((address, port))
            waiting.register(probe, selectors.EVENT_WRITE, now)
            counted.add("knocks")
            for key, _ in waiting.select(0.004):
                if key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    counted.add("answered")
                close(waiting, key.fileobj)
            for key in [key for key in waiting.get_map().values() if now - key.data > PATIENCE]:
                close(waiting, key.fileobj)

    return [threading.Thread(target=knock)]


def close(waiting, probe):
    waiting.unregister(probe)
    probe.close()


def main(kind, address, port):
    over, counted = threading.Event(), Counted()
    threads = globals()[kind](address, int(port), over, counted)
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    print(json.dumps(counted.facts), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
