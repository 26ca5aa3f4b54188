#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 34 on the screen: lines that are all of a name, a user or a control group, what is in them, and back; PSS beside
# every sum; the machine in the header. Number 36: the other tool's columns by a key, and back.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154,SC2317
set -u
. tests/lib.sh
. tests/ui/term.sh

line_is() {
	dump | grep -Eq "$1"
}
line_lacks() {
	! dump | grep -Eq "$1"
}

screen_start 80 24 frames=12
wait_for firefox
comes "nothing is summed up: no PSS" line_lacks '^ +PID NAME.*PSS'
is "and no shares are read" "$(grep -c '^shares' "$tmp/log")" 0
keys b
shows "b: sums by name" 'sums by name'
comes "b: titles" line_is '^ +PROCS NAME +▼RSS +PSS '
comes "b: three processes of a name in a line" line_is '^ +3 postgres '
golden groups-80x24
keys b
shows "b again: by user" 'sums by user'
comes "by user: a line for each" line_is '^ +[0-9]+ nobody '
keys b
shows "once more: by cgroup" 'sums by cgroup'
comes "by cgroup: a line for each" line_is '^ +[0-9]+ /system.slice '
keys Home Enter
shows "Enter: what is in it" 'filter cgroup = '
comes "in it are processes" line_is '^ +PID NAME'
keys Escape
shows "Esc: back to the groups" 'sums by cgroup'
keys b
gone "and b once more: no sums" 'sums by'
comes "processes again" line_is '^ +PID NAME'

# Filters stay when a group is opened, and come back.
keys /
typed 'rss > 1MiB'
keys Enter
wait_for 'filter rss > 1MiB'
keys b
wait_for 'sums by name'
keys i
typed postgres
keys Enter Enter
shows "a filter and a group" 'filter (rss > 1MiB) and name = "postgres"'
keys Escape
comes "back: the filter that there was" line_is 'filter rss > 1MiB( |$)'
shows "back: the groups" 'sums by name'
keys t
shows "a tree instead" 'tree: sums'
gone "which has no groups" 'sums by'

# The other tool's columns (number 36).
screen_start 100 24 frames=12
wait_for firefox
keys Tab
shows "Tab: cpumon's columns" '%TOT'
shows "its order" 'sort %TOT'
shows "its name" 'CPU Monitor'
shows "and the way back" 'Tab: memory'
keys m
shows "m: back" 'Memory Monitor'
comes "its columns, in its order" line_is '^ +PID NAME +▼RSS +VIRT'
keys b Tab
shows "groups of CPU time, too" '%TOT'
shows "they stay groups" 'sums by name'
comes "RSS and PSS are gone" line_lacks 'PSS'
screen_start 100 24 cpumon frames=12
wait_for '%TOT'
keys Tab
shows "cpumon: Tab shows memory" 'Memory Monitor'
comes "cpumon: RSS, VIRT and PEAK" line_is '^ +PID NAME +▼RSS +VIRT +PEAK'
comes "cpumon: no calls, which nobody counts there" line_lacks 'MMAP#'
keys Tab
shows "cpumon: and back" 'CPU Monitor'

# The header: CPU, swap, cache and what is waited for; what hardly ever is, is not told.
screen_start 200 24 busy frames=3
shows "header: swap, cache and CPU" 'swap 512 MiB of 2.0 GiB  cache 3.0 GiB  2 CPUs 87 % busy'
shows "header: pressure" '31 % of the time waiting for CPU  4 % of the time waiting for memory'
gone "header: no I/O" 'waiting for I/O'

# A recording has what was recorded.
screen_start 100 24 recorded frames=3
wait_for firefox
keys Tab
shows "a recording of memmon: told" 'this recording has no times on a CPU'
keys b b
wait_for 'sums by user'
keys b
shows "no control groups: told" 'a recording has no control groups'
done_testing
