"""Traffic against one port while its firewall changes, from inside a namespace.

usage: traffic.py knock SOURCE ADDRESS PORT PAUSE | hold ADDRESS PORT | ask ADDRESS PORT
Runs until its standard input ends, then prints one line of JSON. Nothing here judges by time, so that a machine that
is slow for a moment is no finding.
  knock  the first packet of a connection, every PAUSE seconds, made by hand: which of them were ever answered
  hold   connections that stay open and carry bytes, and new ones all the time: which ended or never came up
  ask    pages over TLS: which request had no answer
"""
import http.client
import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time

HELD = 8
# How long anything may take before it counts as lost: far more than the kernel's own repetitions of a packet.
LOST = 60
SYN, SYN_ACK = 0x02, 0x12
FIRST_PORT, PORTS = 2000, 30000


class Counted:
    def __init__(self):
        self.lock, self.facts = threading.Lock(), {}

    def add(self, name, count=1):
        with self.lock:
            self.facts[name] = self.facts.get(name, 0) + count


class Knocks:
    """Knock N comes from port N mod PORTS with sequence number N, so that an answer tells which knock it is for. Nobody
    takes what is answered: the kernel resets it at once."""

    def __init__(self, source, address, port):
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.raw = socket.socket(self.family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self.raw.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self.raw.bind((source, 0))
        self.raw.connect((address, 0))
        self.port, self.answers, self.made = port, bytearray(), 0
        pseudo = b"".join(socket.inet_pton(self.family, end) for end in (source, address)) + struct.pack("!HH", 6, 20)
        self.fixed = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))

    def make(self):
        number, self.made = self.made, self.made + 1
        self.answers.append(0)
        words = [FIRST_PORT + number % PORTS, self.port, number >> 16, number & 0xFFFF, 0, 0, 5 << 12 | SYN, 0xFFFF, 0, 0]
        total = self.fixed + sum(words)
        while total > 0xFFFF:
            total = (total & 0xFFFF) + (total >> 16)
        words[8] = ~total & 0xFFFF
        try:
            self.raw.send(struct.pack("!10H", *words))
        except BlockingIOError:
            pass

    def listen(self):
        """Notes answers for as long as the process lives."""
        while True:
            packet = self.raw.recv(2000)
            start = (packet[0] & 15) * 4 if self.family == socket.AF_INET else 0
            port, to, _, answered = struct.unpack("!HHII", packet[start:start + 12])
            number = answered - 1
            if (port == self.port and packet[start + 13] & 0x3F == SYN_ACK and 0 <= number < self.made
                    and to == FIRST_PORT + number % PORTS):
                self.answers[number] = 1

    def facts(self):
        gaps = [(found.start(), len(found.group())) for found in re.finditer(rb"\0+", bytes(self.answers))]
        return {"knocks": self.made, "answered": sum(self.answers), "unanswered": sum(length for _, length in gaps), "gaps": gaps[:20]}


def knock(over, counted, source, address, port, pause):
    knocks = Knocks(source, address, int(port))
    threading.Thread(target=knocks.listen, daemon=True).start()

    def go():
        while not over.wait(float(pause)):
            knocks.make()
        # An answer may still be under way; a door that stays shut gives none.
        end = time.monotonic() + 5
        while not all(knocks.answers) and time.monotonic() < end:
            time.sleep(0.1)
        counted.facts.update(knocks.facts())

    return [threading.Thread(target=go)]


def hold(over, counted, address, port):
    at = (address, int(port))

    def carry(stream):
        stream.settimeout(LOST)
        stream.sendall(b"?")
        if not stream.recv(1):
            raise OSError("closed")

    def keep():
        with socket.create_connection(at, timeout=LOST) as stream:
            try:
                while not over.wait(0.01):
                    carry(stream)
                    counted.add("answers")
            except OSError:
                counted.add("dropped")

    def come():
        while not over.wait(0.01):
            counted.add("new")
            try:
                with socket.create_connection(at, timeout=LOST) as stream:
                    carry(stream)
            except OSError:
                counted.add("refused")

    return [threading.Thread(target=keep) for _ in range(HELD)] + [threading.Thread(target=come) for _ in range(2)]


def ask(over, counted, address, port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def go():
        connection = http.client.HTTPSConnection(address, int(port), timeout=LOST, context=context)
        opened = None
        while not over.wait(0.5):
            counted.add("asked")
            try:
                # Opened again by itself when the last answer has said that it ends the connection.
                connection.request("GET", "/sign-in")
                if connection.sock is not opened:
                    opened = connection.sock
                    counted.add("connections")
                answer = connection.getresponse()
                answer.read()
                counted.add("answered" if answer.status == 200 else f"status {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                counted.add("unanswered")
                counted.add(f"{type(error).__name__}: {error}")
                connection.close()

    return [threading.Thread(target=go)]


def main(kind, *words):
    over, counted = threading.Event(), Counted()
    threads = {"knock": knock, "hold": hold, "ask": ask}[kind](over, counted, *words)
    for thread in threads:
        thread.start()
    print("ready", flush=True)
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    print(json.dumps(counted.facts), flush=True)
    os._exit(0)  # the listener waits for ever


if __name__ == "__main__":
    main(*sys.argv[1:])
