#!/bin/sh
# Installs what tests need beside Python, where that can be done without asking; else says what to run.
#   tests/install.sh NEED...     report browser holders interop postgres
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
    postgres) echo postgresql ;;
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
    # Debian keeps the programs off the PATH, by version; elsewhere they are on it.
    postgres) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null ;;
    *) echo "tests/install.sh knows no need called $1" >&2; exit 2 ;;
    esac
}

wanted() {
    case $1 in
    report) echo "make test needs Pango and Node" ;;
    browser) echo "make test-deep opens reports in Chromium at /usr/bin/chromium" ;;
    holders) echo "make test-deep needs ssh-agent and SoftHSM2" ;;
    interop) echo "make interop needs Go and golang.org/x/mod" ;;
    postgres) echo "make test starts PostgreSQL servers of its own, and needs its programs" ;;
    esac
}

# Debian's package makes a cluster of the system's and starts it. The tests want the programs alone, so where there is no
# PostgreSQL yet, it is told not to; the file is Debian's own way of saying so.
no_cluster() {
    conf=/etc/postgresql-common/createcluster.conf
    if [ "$1" = postgres ] && [ ! -e "$conf" ]; then
        mkdir -p "${conf%/*}"
        echo "create_main_cluster = false" >"$conf"
    fi
}

for need in "$@"; do
    if present "$need"; then continue; fi
    # Unquoted where it is used: one word a package.
    needed=$(packages "$need" | tr '\n' ' ')
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        no_cluster "$need"
        apt-get update -qq && UCF_FORCE_CONFFOLD=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $needed >/dev/null || true
    fi
    if present "$need"; then continue; fi
    echo "$(wanted "$need"), and could not install them. On Debian or Ubuntu:" >&2
    echo "    sudo apt-get install --no-install-recommends $needed" >&2
    exit 2
done
