#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Gives what root has made in somebody's tree to whose tree it is: own.sh FOLDER.. from the root of the tree, for the folders that make
# writes into. In a tree of root's own, and where sudo's caller is somebody else, nothing changes.
set -eu
owner=$(stat -c %u .)
[ "$(id -u)" -eq 0 ] && [ "$owner" -ne 0 ] && [ "${SUDO_UID:-$owner}" = "$owner" ] || exit 0
for folder; do
	[ ! -e "$folder" ] || find "$folder" -xdev -uid 0 -exec chown -h "$owner:${SUDO_GID:-$(stat -c %g .)}" {} +
done
