#!/bin/sh
# Installs the browser in which `make test-deep` opens reports, where that can be done without asking; else says what to run.
set -eu
packages="chromium"

present() { [ -x /usr/bin/chromium ]; }

if present; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null || true
fi
if present; then exit 0; fi
echo "make test-deep opens reports in Chromium at /usr/bin/chromium, and could not install it. On Debian:" >&2
echo "    sudo apt-get install --no-install-recommends $packages" >&2
exit 2
