#!/usr/bin/env bash
# Installs what the tests need beyond Go and git, and nothing that is there
# already: make, a C compiler (for the race detector), Node.js with npm, and
# the packages of the directories that drive the vendors' SDKs.
#
# As root on Debian or Ubuntu missing programs come from apt-get; elsewhere the
# script says what to install and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

min_node=20 # what the WorkOS SDK runs on

need=() # Debian packages
command -v make >/dev/null || need+=(make)
command -v gcc >/dev/null || need+=(gcc libc6-dev)
command -v node >/dev/null || need+=(nodejs)
command -v npm >/dev/null || need+=(npm)

if [ "${#need[@]}" -gt 0 ]; then
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		echo "The tests need programs that are missing here. Please install: ${need[*]}" >&2
		echo "(names of Debian packages; Node.js must be version $min_node or later)" >&2
		exit 1
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q
	apt-get install -q -y --no-install-recommends "${need[@]}"
fi

node_major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$node_major" -lt "$min_node" ]; then
	echo "The tests need Node.js $min_node or later; this is $(node --version)." >&2
	exit 1
fi

# npm ci only where package-lock.json is newer than what it installed last.
for dir in compat/authress-js compat/workos-node examples/authress-sdk examples/workos-sdk; do
	stamp=$dir/node_modules/.installed
	if [ ! -e "$stamp" ] || [ "$dir/package-lock.json" -nt "$stamp" ]; then
		echo "npm ci ($dir)"
		(cd "$dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
		touch "$stamp"
	fi
done
