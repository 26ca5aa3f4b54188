# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh disable=SC2034
# The folder where scripts keep what they have fetched; sourced. It is that of the guest's kernels (harness/vm/kernel.c), and the same
# holds for it: what somebody else could have put there is not used, and what root has put there is good for all. Sets cache, to nothing
# where there is no place for one, and the umask.
if [ -n "${BEEBENCH_CACHE:-}" ]; then
	cache=$BEEBENCH_CACHE
elif [ -n "${XDG_CACHE_HOME:-}" ]; then
	cache=$XDG_CACHE_HOME/beebench
elif [ -n "${HOME:-}" ]; then
	cache=$HOME/.cache/beebench
else
	cache=
fi
# Whoever sources this works in other folders, too.
case $cache in /* | '') ;; *) cache=$PWD/$cache ;; esac
# What others could write would be refused the next time, whatever the caller's umask is.
umask go-w

# cache_foreign PATH..: the first of them that somebody else has made or may write, and which of both; nothing where all are ours or not
# there. PATH/ stands for all that lies in it, too; of a link counts who made it, and what it leads to. A group may be a user's own, so
# that only root looks at its right to write.
cache_foreign() (
	me=$(id -u) others=002
	[ "$me" -ne 0 ] || others=022
	for path; do
		depth="-maxdepth 0"
		[ "${path%/}" = "$path" ] || depth=
		[ -e "$path" ] || [ -L "$path" ] || continue
		# shellcheck disable=SC2086  # two words, or none
		at=$({ find "${path%/}" -maxdepth 0 ! -user "$me" ! -user 0 && find -H "$path" $depth ! -user "$me" ! -user 0; } | head -n 1)
		[ -z "$at" ] || { echo "${at%/} belongs to somebody else" && return; }
		# shellcheck disable=SC2086
		at=$(find -H "$path" $depth ! -type l -perm "/$others" | head -n 1)
		[ -z "$at" ] || { echo "${at%/} can be written by others" && return; }
	done
)

# cache_own FOLDER: the files that a package has brought are nobody's but ours
cache_own() {
	[ "$(id -u)" -ne 0 ] || chown -hR 0:0 "$1"
	chmod -R go-w "$1"
}

# cache_sweep FOLDER: what a fetch that was killed has left in it goes; none takes a day
cache_sweep() {
	find "$1" -mindepth 1 -maxdepth 1 -name 'fetch.*' -mtime +0 -exec rm -rf {} + 2>/dev/null || :
}
