"""One attempt over the network, made by the suite inside a namespace (and, if asked, under another account).

usage: probe.py tcp|udp|tls|flood|hold|keep ADDRESS PORT [HEADER...]; prints one word, or the status of an answer.
Plain standard library, one file: it also runs with the tools tree's own Python.
"""
import socket
import ssl
import sys
import time

SECONDS = 3


def connect(address, port):
    return socket.create_connection((address, port), timeout=SECONDS)


def tcp(address, port):
    """`open`, `refused`, or `silent` when nothing comes back at all."""
    try:
        connect(address, port).close()
        return "open"
    except ConnectionRefusedError:
        return "refused"
    except PermissionError:
        return "forbidden"
    except OSError:
        return "silent"


def udp(address, port):
    """Whether an echo comes back."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.settimeout(SECONDS)
        try:
            probe.sendto(b"?", (address, port))
            return "open" if probe.recv(9) else "silent"
        except PermissionError:
            return "forbidden"
        except OSError:
            return "silent"


def tls(address, port, *headers):
    """The status line and the title of an answer over TLS."""
    try:
        with wrapped(address, port) as stream:
            return get(stream, address, port, "/", "Connection: close", *headers)
    except OSError:
        return "silent"


def wrapped(address, port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connect(address, port))


def get(stream, address, port, path, *headers, seconds=60):
    """The status line of the answer."""
    host = f"[{address}]" if ":" in address else address
    stream.settimeout(seconds)
    stream.sendall("\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}:{port}", *headers, "", ""]).encode())
    return stream.recv(200).split(b"\r\n")[0].decode() or "closed"


def flood(address, port, count="600"):
    """How many of many connections, opened as fast as can be, were let in within a second."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    probes = []
    for _ in range(int(count)):
        probe = socket.socket(family)
        probe.setblocking(False)
        probe.connect_ex((address, port))
        probes.append(probe)
    time.sleep(0.8)
    return str(sum(1 for probe in probes if probe.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 and peer(probe)))


def peer(probe):
    try:
        return probe.getpeername()
    except OSError:
        return None


def hold(address, port):
    """Opens, waits for a line on standard input, and sees whether the connection still carries bytes."""
    with connect(address, port) as stream:
        print("open", flush=True)
        sys.stdin.readline()
        stream.sendall(b"?")
        stream.settimeout(SECONDS)
        try:
            return "alive" if stream.recv(9) else "closed"
        except OSError:
            return "silent"


def keep(address, port):
    """The same with TLS, and a page before and after."""
    with wrapped(address, port) as stream:
        print(get(stream, address, port, "/sign-in"), flush=True)
        # The rest of the page.
        stream.settimeout(0.5)
        try:
            while stream.recv(65536):
                pass
        except TimeoutError:
            pass
        sys.stdin.readline()
        try:
            return get(stream, address, port, "/sign-in", seconds=SECONDS)
        except OSError:
            return "silent"


if __name__ == "__main__":
    print(globals()[sys.argv[1]](sys.argv[2], int(sys.argv[3]), *sys.argv[4:]), flush=True)
