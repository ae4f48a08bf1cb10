"""Disks and sticks for machines: copies of a built image, its next version, provisioning volumes.

Works on files only. `put_image` is what an update does: new root, hash tree and kernel image into
the places of the old ones; the data volume is never written.
"""
import json
import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SECTOR = 512
MEBI = 1 << 20


def run(tools, *command):
    """Runs a program of the tools tree and returns what it prints."""
    done = subprocess.run([os.path.join(HERE, "in-tools"), *command], env=dict(os.environ, TOOLS=tools),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")
    return done.stdout


def new_disk(image, path, size=4 << 30):
    """A disk as staff would write it: the image on a larger, otherwise empty disk."""
    subprocess.run(["cp", "--sparse=always", image["raw"], path], check=True)
    os.truncate(path, size)
    os.chmod(path, 0o600)


def partitions(tools, path):
    """Name -> (start, size in bytes, number) of every partition."""
    table = json.loads(run(tools, "sfdisk", "--json", path))["partitiontable"]["partitions"]
    return {entry.get("name", ""): (entry["start"] * SECTOR, entry["size"] * SECTOR, number)
            for number, entry in enumerate(table, 1)}


def put_image(image, path):
    """Replaces the system on a disk by another image and keeps its data volume."""
    tools = image["tools"]
    there, here = partitions(tools, image["raw"]), partitions(tools, path)
    for name in ("esp", "cashcow-root-a", "cashcow-verity-a"):
        if there[name][:2] != here[name][:2]:
            raise RuntimeError(f"{path}: partition {name} lies elsewhere than in the image")
        copy_range(image["raw"], path, *there[name][:2])
    for name, half in (("cashcow-root-a", image["roothash"][:32]), ("cashcow-verity-a", image["roothash"][-32:])):
        identifier = "-".join((half[:8], half[8:12], half[12:16], half[16:20], half[20:]))
        run(tools, "sfdisk", "--no-reread", "--no-tell-kernel", "--part-uuid", path, str(here[name][2]), identifier)


def copy_range(source, target, start, size):
    """Copies one range of bytes; holes stay holes where nothing was written before."""
    subprocess.run(["dd", f"if={source}", f"of={target}", "bs=4M", "iflag=skip_bytes,count_bytes", "oflag=seek_bytes",
                    f"skip={start}", f"seek={start}", f"count={size}", "conv=notrunc", "status=none"], check=True)


def stick(tools, path, text, label="COW-SETUP"):
    """A FAT volume with a provisioning file, as hosting staff would prepare it."""
    if os.path.exists(path):
        os.unlink(path)
    with open(path, "wb") as file:
        file.truncate(4 * MEBI)
    source = f"{path}.toml"
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    run(tools, "mkfs.vfat", "-n", label, path)
    run(tools, "mcopy", "-i", path, source, "::appliance.toml")
    os.unlink(source)
