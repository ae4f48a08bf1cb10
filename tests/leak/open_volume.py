"""Decrypts a LUKS2 segment (aes-xts-plain64) without a device mapper. usage: DISK KEY OUT FIRST END SECTOR"""
import os
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

disk, key_file, out, first, end, sector = *sys.argv[1:4], *map(int, sys.argv[4:])
with open(key_file, "rb") as file:
    key = file.read()


def extents(file):
    """The parts of the segment that were ever written; holes were not."""
    at = first
    while at < end:
        try:
            at = os.lseek(file.fileno(), at, os.SEEK_DATA)
        except OSError:
            return
        hole = min(os.lseek(file.fileno(), at, os.SEEK_HOLE), end)
        at = max(first, at - (at - first) % sector)
        if at < end:
            yield at, hole
        at = hole


total = 0
with open(disk, "rb") as source, open(out, "wb") as target:
    for begin, hole in extents(source):
        source.seek(begin)
        target.seek(begin - first)
        for at in range(begin, hole, sector):
            data = source.read(sector)
            # plain64 counts sectors of 512 bytes, whatever the encryption sector's size.
            tweak = ((at - first) // 512).to_bytes(16, "little")
            target.write(Cipher(algorithms.AES(key), modes.XTS(tweak)).decryptor().update(data))
            total += len(data)
with open(out, "rb") as target:
    target.seek(1024 + 56)
    if target.read(2) != b"\x53\xef":
        sys.exit("what came out is not an ext4 file system: the scan would be worth nothing")
print(f"{total} bytes decrypted")
