#!/bin/sh
# Installs what tests/holders needs beside Python, where that can be done without asking; else says what to run.
set -eu
packages="openssh-client softhsm2"

present() { command -v ssh-agent >/dev/null && command -v ssh-add >/dev/null && command -v softhsm2-util >/dev/null; }

if present; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null || true
fi
if present; then exit 0; fi
echo "make test-deep needs ssh-agent and SoftHSM2, and could not install them. On Debian or Ubuntu:" >&2
echo "    sudo apt-get install --no-install-recommends $packages" >&2
exit 2
