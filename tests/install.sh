#!/bin/sh
# Installs what `make test` needs beside Python, where that can be done without asking; else says what to run.
# Pango lays out the PDF; Node runs the script with which a report's page checks its own bundle.
set -eu
PATH="$PATH:/usr/sbin:/sbin"
packages="libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 nodejs"

present() {
    command -v node >/dev/null && for library in libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0; do
        ldconfig -p | grep -q "$library" || return 1
    done
}

if present; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    # Node is asked for alone, and only where there is none: a machine may have one from elsewhere.
    command -v node >/dev/null && packages=${packages%nodejs}
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null || true
fi
if present; then exit 0; fi
echo "make test needs Pango and Node, and could not install them. On Debian or Ubuntu:" >&2
echo "    sudo apt-get install --no-install-recommends $packages" >&2
exit 2
