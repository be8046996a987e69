#!/bin/sh
# Installs what `make interop` needs beside Python, where that can be done without asking; else says what to run.
set -eu
packages="golang-go golang-golang-x-mod-dev"
source=/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog/tile.go

present() { command -v go >/dev/null && [ -f "$source" ]; }

if present; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null || true
fi
if present; then exit 0; fi
echo "make interop needs Go and golang.org/x/mod, and could not install them. On Debian or Ubuntu:" >&2
echo "    sudo apt-get install --no-install-recommends $packages" >&2
exit 2
