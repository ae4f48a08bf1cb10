# shellcheck shell=bash
# Sourced by image/run, image/build and tests/run: sees to what this machine must have.
# Every refusal is one line that says what is missing and how to get it.

stop() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# need_rust: a toolchain as new as the crate asks for; it is the one thing that apt does not bring.
need_rust() {
    local wanted have installer="curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    PATH=$PATH:${CARGO_HOME:-${HOME:-/root}/.cargo}/bin
    have=$(cargo --version 2>/dev/null | sed -n 's/^cargo \([0-9]*\.[0-9]*\).*/\1/p')
    [ -n "$have" ] || stop "Rust $wanted or newer is missing; its usual installer: $installer"
    printf '%s\n' "$wanted" "$have" | sort -VC || stop "Rust $have is too old, $wanted is needed: rustup update, or $installer"
}

# need_debian: where the images can be built.
need_debian() {
    [ "$(uname -sm)" = "Linux x86_64" ] || stop "this builds and runs on Linux on x86-64 only"
    command -v apt-get >/dev/null || stop "this needs Debian 12 or 13 (there is no apt-get here)"
}

# need_root "$@": starts the calling script again through sudo if it does not run as root.
need_root() {
    [ "$(id -u)" = 0 ] && return
    command -v sudo >/dev/null || stop "this needs root (disk images, network namespaces): run it as root, or install sudo"
    local kept=HOME,CARGO_HOME,RUSTUP_HOME,CARGO_TARGET_DIR,XDG_CACHE_HOME,CASHCOW_DEBIAN_MIRROR,CASHCOW_DEBIAN_SECURITY_MIRROR
    exec sudo --preserve-env="$kept" env PATH="$PATH" "$0" "$@"
}

# need_packages KIND...: installs what is missing of each kind (build, tpm, net, python, openssl, scan, acme, gdb,
# browser, syslog, image).
need_packages() {
    local kind pair missing=()
    for kind in "$@"; do
        case $kind in
        build) set -- gcc:gcc g++:g++ make:make cmake:cmake pkg-config:pkg-config =tss2-esys:libtss2-dev ;;
        tpm) set -- swtpm:swtpm swtpm_setup:swtpm-tools ;;
        python) set -- python3:python3 /usr/lib/python3/dist-packages/pip:python3-pip +ensurepip:python3-venv ;;
        openssl) set -- openssl:openssl ;;
        scan) set -- sslscan:sslscan openssl:openssl ;;
        acme) set -- pebble:pebble pebble-challtestsrv:pebble ;;
        gdb) set -- gcore:gdb ;;
        browser) set -- chromium:chromium chromedriver:chromium-driver ;;
        syslog) set -- rsyslogd:rsyslog /usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so:rsyslog-gnutls ;;
        net) set -- nft:nftables ip:iproute2 ;;
        image)
            set -- mmdebstrap:mmdebstrap unshare:util-linux ip:iproute2 jq:jq python3:python3 objdump:binutils xz:xz-utils \
                /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring
            ;;
        *) stop "need_packages: no kind $kind" ;;
        esac
        for pair in "$@"; do
            has "${pair%%:*}" || missing+=("${pair##*:}")
        done
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || stop "missing: ${missing[*]}; install them with apt-get as root"
        as=(sudo)
    fi
    echo "${0##*/}: installing ${missing[*]}" >&2
    { "${as[@]}" apt-get update -qq &&
        "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"; } \
        >&2 </dev/null || stop "apt could not install ${missing[*]} (see above)"
}

# has THING: a program, a file (/...), a pkg-config name (=...) or a Python module (+...).
has() {
    case $1 in
    /*) [ -e "$1" ] ;;
    =*) pkg-config --exists "${1#=}" 2>/dev/null ;;
    +*) python3 -c "import ${1#+}" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# need_python: sets PYTHON to one that is new enough.
need_python() {
    PYTHON=$(command -v python3)
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "Python 3.11 or newer is needed (Debian 12 has it)"
}
