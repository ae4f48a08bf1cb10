"""Answers on TCP and UDP ports of every address: the other side of the firewall suite's probes.

usage: echo.py PORT...; prints `ready` when it listens.
"""
import selectors
import socket
import sys


def main(ports):
    watched = selectors.DefaultSelector()
    for port in ports:
        tcp = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024)
        udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        udp.bind(("::", port))
        watched.register(tcp, selectors.EVENT_READ, "door")
        watched.register(udp, selectors.EVENT_READ, "udp")
    print("ready", flush=True)
    while True:
        for key, _ in watched.select():
            if key.data == "door":
                stream, _ = key.fileobj.accept()
                watched.register(stream, selectors.EVENT_READ, "stream")
            elif key.data == "udp":
                data, peer = key.fileobj.recvfrom(100)
                key.fileobj.sendto(data, peer)
            else:
                try:
                    data = key.fileobj.recv(100)
                except OSError:
                    data = b""
                if data:
                    key.fileobj.sendall(data)
                else:
                    watched.unregister(key.fileobj)
                    key.fileobj.close()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
