"""The keys of one profile: made once into an ignored folder, or given.

Owns PK, KEK, db (Secure Boot), pcr (signs what the TPM may open) and `vars.fd`, the variable store
of a virtual machine whose firmware has them enrolled. Refuses to overwrite any key.
"""
import os
import subprocess
import uuid

CERTIFICATES = {"pk": "platform key", "kek": "key exchange key", "db": "image signing"}


def ensure(tools, folder, profile):
    """Makes what is missing in `folder`; a given folder that lacks only parts is an error."""
    names = [f"{name}.{end}" for name in CERTIFICATES for end in ("key", "crt")] + ["pcr.key", "pcr.pub"]
    missing = [name for name in names if not os.path.exists(f"{folder}/{name}")]
    if missing and len(missing) < len(names):
        raise SystemExit(f"keys: {folder} lacks {', '.join(missing)}: complete it, or give an empty folder")
    if missing:
        make(tools, folder, profile)
    if not os.path.exists(f"{folder}/vars.fd"):
        enrol(tools, [folder], f"{folder}/vars.fd")


def make(tools, folder, profile):
    os.makedirs(folder, mode=0o700, exist_ok=True)
    os.chmod(folder, 0o700)
    for name, use in CERTIFICATES.items():
        tools("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "7300",
              "-subj", f"/CN=CashCowCart {profile} {use}/", "-keyout", f"{folder}/{name}.key",
              "-out", f"{folder}/{name}.crt")
        tools("openssl", "x509", "-in", f"{folder}/{name}.crt", "-outform", "DER", "-out", f"{folder}/{name}.cer")
    tools("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", f"{folder}/pcr.key")
    tools("openssl", "pkey", "-in", f"{folder}/pcr.key", "-pubout", "-out", f"{folder}/pcr.pub")
    for name in os.listdir(folder):
        os.chmod(f"{folder}/{name}", 0o600)


def enrol(tools, folders, target):
    """Writes a firmware variable store with Secure Boot on: the keys of the first folder, and the
    image signing certificates of all of them."""
    owner = str(uuid.uuid5(uuid.NAMESPACE_URL, "cashcow"))
    db = [word for folder in folders for word in ("--add-db", owner, f"{folder}/db.crt")]
    tools("virt-fw-vars", "--input", "/usr/share/OVMF/OVMF_VARS_4M.fd", "--output", target,
          "--set-pk", owner, f"{folders[0]}/pk.crt", "--add-kek", owner, f"{folders[0]}/kek.crt", *db, "--sb")
    os.chmod(target, 0o600)


def quiet(command, tools):
    """Runs a program of the tools tree and shows its output only if it fails."""
    done = subprocess.run(command, env=dict(os.environ, TOOLS=tools), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}")
