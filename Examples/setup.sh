# shellcheck shell=bash
# Sourced by the scripts of this repository; not run by itself.
# Defines `require_swift` and `install_missing_packages`: what a build needs on Debian or Ubuntu; and
# `build_products`, which does both, builds, and says where.

# Stops unless a Swift new enough for Package.swift is on the PATH.
require_swift() {
    local found
    if ! command -v swift >/dev/null; then
        echo "swift: not found on the PATH; install Swift 6.2 or later: https://www.swift.org/install/linux" >&2
        return 1
    fi
    found=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p')
    if [ "$(printf '%s\n' 6.2 "$found" | sort -V | head -n 1)" != 6.2 ]; then
        echo "swift: found version ${found:-unknown}, need 6.2 or later: https://www.swift.org/install/linux" >&2
        return 1
    fi
}

# Prints the Debian packages that are still missing, one a line.
missing_packages() {
    local name package
    command -v git >/dev/null || echo git
    if ! command -v pkg-config >/dev/null; then
        # Without pkg-config nothing can be said of the libraries; apt skips those that are there.
        printf '%s\n' pkg-config libopenblas-dev libjson-c-dev libzstd-dev
        return
    fi
    while read -r name package; do
        pkg-config --exists "$name" || echo "$package"
    done <<'LIBRARIES'
openblas libopenblas-dev
json-c libjson-c-dev
libzstd libzstd-dev
LIBRARIES
}

# Installs what `missing_packages` names, with sudo when not root. Touches nothing when all is there.
install_missing_packages() {
    local packages as_root=()
    mapfile -t packages < <(missing_packages)
    [ "${#packages[@]}" -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "missing: ${packages[*]} (Debian's names); install them with this system's package manager" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "missing: ${packages[*]}; run as root: apt-get install ${packages[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing ${packages[*]}"
    # Another apt, often the system's own upgrade, may hold the lock for a while: wait for it.
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=300 -q update </dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -o DPkg::Lock::Timeout=300 -q install -y --no-install-recommends "${packages[@]}" </dev/null
}

# build_products NAME...: builds these products for release, and sets BIN to the folder where they are. With BIN set
# before, nothing is built.
build_products() {
    local name
    [ -z "${BIN:-}" ] || return 0
    require_swift
    install_missing_packages
    for name in "$@"; do swift build --configuration release --product "$name"; done
    BIN=$(swift build --configuration release --show-bin-path)
}
