# Sourced by image/run and tests/run: what the machine must have, and installing what is missing.

declare -A packages=(
  [build]="gcc g++ cmake make pkg-config clang libclang-dev libtss2-dev ca-certificates"
  [tpm]="swtpm libtss2-tcti-swtpm0"
  [image]="mmdebstrap debian-archive-keyring util-linux iproute2 python3 jq curl openssl mtools dosfstools"
  [python]="python3 python3-venv"
)

# need_packages GROUP...: installs what is missing of these groups; says so, and asks for root if it must.
need_packages() {
  local missing=() package root=()
  for package in $(for group in "$@"; do echo "${packages[$group]}"; done); do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  (( ${#missing[@]} )) || return 0
  if (( EUID != 0 )); then
    command -v sudo >/dev/null || { echo "These packages are missing and sudo is not here: run as root: apt-get install ${missing[*]}" >&2; exit 69; }
    root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${root[@]}" apt-get update -qq >/dev/null || true
  DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
    echo "apt-get could not install: ${missing[*]}; install them by hand and run this again" >&2
    exit 69
  }
}

# need_rust: the toolchain must be as new as Cargo.toml's rust-version.
need_rust() {
  local wanted found
  [[ -d $HOME/.cargo/bin ]] && PATH=$HOME/.cargo/bin:$PATH
  wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
  found=$(rustc --version 2>/dev/null | awk '{print $2}')
  if [[ -z $found ]] || [[ $(printf '%s\n%s\n' "$wanted" "$found" | sort -V | head -1) != "$wanted" ]]; then
    echo "Rust $wanted or newer is needed (found: ${found:-none}): install it with: curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y" >&2
    exit 69
  fi
}
