"""Watches a bridge and prints every packet of one card that an appliance has no business sending.

usage: watch.py INTERFACE MAC; a line per surprise, until it is ended.
"""
import socket
import struct
import sys

ALL, ARP, IP4, IP6 = 0x0003, 0x0806, 0x0800, 0x86DD
TCP, UDP, ICMP, ICMP6, HOP = 6, 17, 1, 58, 0
LISTENERS = {80, 443, 9443}
QUESTIONS = {53, 123, 67, 547}


def expected(frame):
    """Whether a frame is of a kind that nftables/cashcow.nft lets out (or that is below it: ARP)."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == ARP:
        return True
    if kind == IP4:
        head, protocol = (frame[14] & 15) * 4, frame[23]
        rest = frame[14 + head:]
        if protocol == ICMP:
            return rest[0] in (0, 3, 12)
        if protocol == 2:  # IGMP, sent by the kernel for mDNS-free multicast membership
            return True
    elif kind == IP6:
        protocol, rest = frame[20], frame[54:]
        if protocol == HOP:
            protocol, rest = rest[0], rest[(rest[1] + 1) * 8:]
        if protocol == ICMP6:
            return rest[0] in (1, 2, 4, 129, 131, 132, 133, 135, 136, 143)
    else:
        return False
    if protocol not in (TCP, UDP):
        return False
    source, target = struct.unpack("!HH", rest[:4])
    if protocol == TCP:
        return source in LISTENERS or target in (53, 443)
    return target in QUESTIONS


def main(interface, mac):
    wanted = bytes.fromhex(mac.replace(":", ""))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL)) as tap:
        tap.bind((interface, ALL))
        print("ready", flush=True)
        while True:
            frame = tap.recv(2000)
            if frame[6:12] == wanted and not expected(frame):
                print(frame[:80].hex(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
