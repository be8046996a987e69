#!/bin/sh
# Installs what tests need beside Python, where that can be done without asking; else says what to run.
#   tests/install.sh NEED...     report browser holders interop
set -eu
PATH="$PATH:/usr/sbin:/sbin"

# What each need is of, and whether it is there.
packages() {
    case $1 in
    # Pango lays out the PDF; Node runs the script with which a report's page checks its own bundle. A machine may have
    # a Node from elsewhere, which is then left alone.
    report) echo "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"; command -v node >/dev/null || echo nodejs ;;
    browser) echo chromium ;;
    holders) echo "openssh-client softhsm2" ;;
    interop) echo "golang-go golang-golang-x-mod-dev" ;;
    esac
}

present() {
    case $1 in
    report)
        command -v node >/dev/null || return 1
        for library in libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0; do
            ldconfig -p | grep -q "$library" || return 1
        done
        ;;
    browser) [ -x /usr/bin/chromium ] ;;
    holders) command -v ssh-agent >/dev/null && command -v ssh-add >/dev/null && command -v softhsm2-util >/dev/null ;;
    interop) command -v go >/dev/null && [ -f /usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tile.go ] ;;
    *) echo "tests/install.sh knows no need called $1" >&2; exit 2 ;;
    esac
}

wanted() {
    case $1 in
    report) echo "make test needs Pango and Node" ;;
    browser) echo "make test-deep opens reports in Chromium at /usr/bin/chromium" ;;
    holders) echo "make test-deep needs ssh-agent and SoftHSM2" ;;
    interop) echo "make interop needs Go and golang.org/x/mod" ;;
    esac
}

for need in "$@"; do
    if present "$need"; then continue; fi
    # Unquoted where it is used: one word a package.
    needed=$(packages "$need" | tr '\n' ' ')
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $needed >/dev/null || true
    fi
    if present "$need"; then continue; fi
    echo "$(wanted "$need"), and could not install them. On Debian or Ubuntu:" >&2
    echo "    sudo apt-get install --no-install-recommends $needed" >&2
    exit 2
done
