#!/usr/bin/env bash
# Other versions of Redis, and Valkey, for the tests in this folder: from Debian's older and newer releases, each with the
# libraries that it was built for, into .cache/redis-servers/<name>/redis-server. Nothing on the machine is changed.
# What Debian does not have any more is left out, and its tests are skipped.
set -euo pipefail

into=$(cd "$(dirname "$0")/../../.." && pwd)/.cache/redis-servers
keys=/usr/share/keyrings/debian-archive-keyring.gpg
libraries=(libc6 libatomic1 libjemalloc2 liblzf1 libsystemd0 libcap2 libzstd1 libgcc-s1 libstdc++6)
of_bullseye=(libssl1.1 liblua5.1-0 lua-bitop lua-cjson liblz4-1 liblzma5 libgcrypt20 libgpg-error0)
of_trixie=(libssl3t64 zlib1g)

command -v apt-get >/dev/null && [ -f "$keys" ] || { echo 'Not a Debian: only the Redis of this machine is tested.'; exit 0; }
# Where this machine gets its own packages from.
uris=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages')
mirror=$(grep -m 1 -E '/debian/?$' <<<"$uris") || { echo 'No mirror of Debian: only the Redis of this machine is tested.'; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# apt checks what it downloads as a user of its own.
chmod 755 "$work"

# name, release, package with the server, its file, packages with libraries
server() {
	local name=$1 release=$2 package=$3 file=$4 loader libs
	shift 4
	[ -x "$into/$name/redis-server" ] && return
	local folder=$work/$name
	mkdir -p "$folder"/{lists/partial,cache/archives/partial,root}
	echo "deb [signed-by=$keys] $mirror $release main" >"$folder/sources"
	local apt=(-qq -o Dir::Etc::sourcelist="$folder/sources" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$folder/lists"
		-o Dir::Cache="$folder/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root)
	apt-get "${apt[@]}" update || return
	(cd "$folder" && apt-get "${apt[@]}" download "$package" "$@") || return
	for each in "$folder"/*.deb; do dpkg -x "$each" "$folder/root"; done
	mkdir -p "$folder/made/lib"
	find "$folder/root" -path '*-linux-gnu/*' \( -name '*.so' -o -name '*.so.*' \) -exec cp -L {} "$folder/made/lib/" \; 2>/dev/null || true
	# Under its own name it would be the program that checks files.
	cp "$folder/root/usr/bin/$file" "$folder/made/server" || return
	loader=$(basename "$(find "$folder/made/lib" -name 'ld-linux*' | head -n 1)")
	cat >"$folder/made/redis-server" <<-END
		#!/bin/sh
		here=\$(dirname "\$0")
		# Debian's Redis 6 has its libraries for scripts outside.
		export LUA_CPATH="\$here/lib/?.so"
		exec "\$here/lib/$loader" --library-path "\$here/lib" "\$here/server" "\$@"
	END
	chmod +x "$folder/made/redis-server"
	"$folder/made/redis-server" --version || return
	mkdir -p "$into"
	rm -rf "${into:?}/$name"
	mv "$folder/made" "$into/$name"
}

# A failure ends that one only.
server redis-6.0 bullseye redis-tools redis-check-rdb "${libraries[@]}" "${of_bullseye[@]}" || echo 'Redis 6.0 is not to be had.'
server redis-8.0 trixie redis-tools redis-check-rdb "${libraries[@]}" "${of_trixie[@]}" || echo 'Redis 8.0 is not to be had.'
server valkey-8.1 trixie valkey-tools valkey-check-rdb "${libraries[@]}" "${of_trixie[@]}" || echo 'Valkey 8.1 is not to be had.'
