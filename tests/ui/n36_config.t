#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Number 36: the file that keeps order, units and columns, written by hand. Of a line that is not understood nothing is
# taken, it is told which, and what is allowed; nothing of such a file is written over, and comments stay.
# shellcheck source=tests/lib.sh source=tests/ui/term.sh disable=SC2154,SC2317
set -u
. tests/lib.sh
. tests/ui/term.sh

mkdir -p "$tmp/config/beebench"
file=$tmp/config/beebench/memmon
title_is() { dump | grep -Eq "$1"; }
# begins: the tool, what it says to the terminal kept aside
begins() {
	term_start 100 24 "XDG_CONFIG_HOME=$tmp/config $B/memmon --object tasks -i 1 2>$tmp/said"
	wait_for 'q: quit'
}
# leaves NAME: and the tool has ended well
leaves() {
	keys q
	ends "$1" 0
	said=$(cat "$tmp/said")
}

printf '# mine\n\n  sort rss\r\nunits plain\ncolumns pid, name\trss held\n' >"$file"
begins
comes "a file by hand: its columns" title_is '^ +PID NAME +▼RSS +HELD$'
keys s
wait_for 'Sort by'
keys Home Enter
leaves "a file by hand: the tool ends"
is "nothing was wrong" "$said" ""
is "what was chosen is kept, and the comment stays" "$(cat "$file")" "# mine
sort +pid
units plain
columns pid name rss held"

printf 'sort rsss\nunits kB\ncolour blue\ncolums pid\ncolumns pid,nmae\ncolumns\n' >"$file"
cp "$file" "$tmp/before"
begins
shows "wrong words: the screen tells the first" "memmon:1: no column 'rsss'; did you mean 'rss'?"
comes "and has the default" title_is '^ +PID NAME +▼RSS +VIRT'
keys s
wait_for 'Sort by'
keys Home Enter
leaves "wrong words: the tool ends"
has "a column of the order" "$said" "memmon: warning: $file:1: no column 'rsss'; did you mean 'rss'? There are: pid, processes, name"
like "units" "$said" "^memmon: warning: $file:2: units 'kB'; there are: plain, readable\$"
like "another word" "$said" "^memmon: warning: $file:3: 'colour'; a line begins with columns, sort or units\$"
like "one that is near" "$said" "^memmon: warning: $file:4: 'colums'; did you mean 'columns'\? A line begins with columns, sort or units\$"
has "a column among columns" "$said" "memmon: warning: $file:5: no column 'nmae'; did you mean 'name'?"
like "no column" "$said" "^memmon: warning: $file:6: no column is named; as in: pid,name,rss\$"
has "what was chosen is not kept, and why" "$said" "what was chosen on the screen is not kept before this is right: $file:1: no column 'rsss'"
check "nothing of the file is lost" cmp "$file" "$tmp/before"

rm "$file"
mkdir "$file"
begins
leaves "a folder in its place: the tool ends"
like "a folder in its place is told" "$said" "^memmon: warning: $file: Is a directory; the defaults are shown\$"
rmdir "$file"

# Where there is no screen the file is not asked, whether --batch was given or not.
printf 'sort +pid\ncolumns held name\n' >"$file"
XDG_CONFIG_HOME=$tmp/config timeout 20 "$B/memmon" --object tasks --top 1 -i 0.1 2>"$tmp/said" | head -n 5 >"$tmp/piped"
like "into a pipe: the columns of everybody" "$(cat "$tmp/piped")" '^ +PID NAME +RSS +VIRT'

# Each tool's columns are kept in its own file, whichever of the two showed them.
rm "$file"
printf '# his\nunits plain\n' >"$tmp/kept elsewhere"
ln -s "../../kept elsewhere" "$tmp/config/beebench/cpumon"
begins
keys Tab
comes "Tab: cpumon's columns" title_is '%USR +%SYS'
keys s
wait_for 'Sort by'
keys Home Down c Home Enter
comes "one of them is taken away" title_is '^ +[▲▼]PID +S |^ +[▲▼]?PID +%USR'
shown=$(dump | grep -E '^ +[▲▼]?PID ' | head -n 1)
leaves "Tab: the tool ends"
check "memmon's own file is not made by it" test ! -e "$file"
like "cpumon's columns are in cpumon's file" "$(cat "$tmp/config/beebench/cpumon")" '^columns pid [a-z_ ]*usr'
like "its order, too" "$(cat "$tmp/config/beebench/cpumon")" '^sort [-+]pid$'
has "its comments and units stay" "$(cat "$tmp/config/beebench/cpumon")" "# his"
like "as they were" "$(cat "$tmp/config/beebench/cpumon")" '^units plain$'
check "a file that is a link stays one" test -L "$tmp/config/beebench/cpumon"
begins
keys Tab
comes "they are there the next time" title_is '[▲▼]PID'
is "alike" "$(dump | grep -E '^ +[▲▼]?PID ' | head -n 1)" "$shown"
leaves "and the tool ends"
cp "$tmp/config/beebench/cpumon" "$tmp/before"
term_start 100 24 "XDG_CONFIG_HOME=$tmp/config $B/cpumon -i 1 2>$tmp/said"
wait_for 'q: quit'
comes "cpumon begins with them" title_is '[▲▼]PID'
keys Tab
comes "Tab: memmon's columns" title_is 'RSS'
keys q
ends "cpumon ends" 0
check "what was not changed is not written" cmp "$tmp/config/beebench/cpumon" "$tmp/before"
check "nor a file of memmon's" test ! -e "$file"
# Columns that were given for once are shorter than those that are kept.
printf 'sort +pid\nunits readable\ncolumns pid name rss held\n' >"$file"
cp "$file" "$tmp/before"
term_start 100 24 "XDG_CONFIG_HOME=$tmp/config $B/memmon --object tasks -i 1 --columns pid,name 2>$tmp/said"
comes "columns for once" title_is '^ +▲PID NAME *$'
leaves "the tool ends that had them"
check "columns for once are not kept" cmp "$file" "$tmp/before"

run "$B/memmon" --object tasks -n 1 --columns ' ,'
is "--columns without any: exit code" "$code" 2
is "--columns without any: told" "$err" "memmon: error: no column is named; as in: pid,name,rss"
run "$B/memmon" --object tasks -n 1 --columns "$(yes pid | head -n 65 | tr '\n' ',')"
is "--columns with too many" "$code$err" "2memmon: error: more than 64 columns"
done_testing
