#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Gives what `sudo make` has made back to who called sudo: own.sh FOLDER.. from the root of that person's tree, with sudo's SUDO_UID and
# SUDO_GID. In a tree of root's own, or somebody else's, nothing changes.
set -eu
[ "$(id -u)" -eq 0 ] && [ "$(stat -c %u .)" = "${SUDO_UID:-}" ] || exit 0
for folder; do
	[ ! -e "$folder" ] || find "$folder" -uid 0 -exec chown -h "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" {} +
done
