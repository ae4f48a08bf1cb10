"""For the suite `leak`: takes a running appliance's whole memory, and lays its data volume open.

usage: appliance.py memory STATE OUT           the machine's RAM, by QEMU
       appliance.py volume STATE IMAGE KEY OUT  the data volume decrypted with the recovery key in the file KEY
"""
import json
import os
import socket
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
REPO = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(REPO, "image"))

import disks  # noqa: E402


def memory(state, out):
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(300)
        control.connect(os.path.join(state, "qmp.sock"))
        lines = control.makefile("rw", encoding="utf-8")
        lines.readline()
        dump = {"execute": "dump-guest-memory", "arguments": {"paging": False, "protocol": f"file:{out}"}}
        for request in ({"execute": "qmp_capabilities"}, dump):
            lines.write(json.dumps(request) + "\n")
            lines.flush()
            while "event" in (answer := json.loads(lines.readline())):
                pass
            if "error" in answer:
                sys.exit(f"QMP: {answer['error']['desc']}")


def volume(state, image, key, out):
    with open(image, encoding="utf-8") as file:
        tools = json.load(file)["tools"]
    disk = os.path.join(state, "disk.raw")
    start, size, _ = disks.partitions(tools, disk)["cashcow-data"]
    head, master = out + ".head", out + ".key"
    with open(disk, "rb") as file, open(head, "wb") as copy:
        file.seek(start)
        copy.write(file.read(17 << 20))
    table = json.loads(disks.run(tools, "cryptsetup", "luksDump", "--dump-json-metadata", head))
    disks.run(tools, "cryptsetup", "luksDump", "--batch-mode", "--dump-volume-key", "--volume-key-file", master, "--key-file", key, head)
    segment = table["segments"]["0"]
    if segment["encryption"] != "aes-xts-plain64":
        sys.exit(f"the volume is encrypted in another way: {segment['encryption']}")
    first = start + int(segment["offset"])
    arguments = [str(first), str(start + size), str(segment["sector_size"])]
    subprocess.run([os.path.join(REPO, "image", "in-tools"), "python3", os.path.join(HERE, "open_volume.py"),
                    disk, master, out, *arguments], env=dict(os.environ, TOOLS=tools), check=True)
    os.unlink(head)
    os.unlink(master)


if __name__ == "__main__":
    {"memory": memory, "volume": volume}[sys.argv[1]](*sys.argv[2:])
