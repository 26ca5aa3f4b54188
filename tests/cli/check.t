#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# `make check` holds includes against the tables of docs/architecture.md, and pages against the tree; `make shape` measures.
# shellcheck disable=SC2016 # backquotes are Markdown's
. tests/lib.sh
need_tool git git
top=$PWD

# A small house of its own, in a git repository: a, b, c/ with c/in/, and one library.
house() {
	rm -rf "$tmp/house"
	mkdir -p "$tmp/house/lib" "$tmp/house/a" "$tmp/house/b" "$tmp/house/c/in" "$tmp/house/docs" "$tmp/house/scripts"
	cp "$top"/scripts/*.sh "$top"/scripts/*.awk "$tmp/house/scripts/"
	cd "$tmp/house" || exit 1
	cat >docs/architecture.md <<-'END'
		# The house

		| folder | question | may include |
		| --- | --- | --- |
		| `lib/` | what everybody needs | |
		| `a/` | first | `lib/` |
		| `b/` | second | as `a/` |
		| `c/*/` | third, inside | `lib/` `a/first.h` |

		| library | headers | rooms | for |
		| --- | --- | --- | --- |
		| libx | `<x/x.h>` `<x/y.h>` | `a/` `b/room.c` | a reason |
	END
	echo '/build/' >.gitignore
	echo '/* base */' >lib/base.h
	echo '/* first */' >a/first.h
	printf '#include "lib/base.h"\n#include "a/first.h"\n#include <x/x.h>\n' >a/first.c
	printf '#include "lib/base.h"\n#include "a/first.h"\n' >b/second.c
	printf '#include "lib/base.h"\n#include "a/first.h"\n' >c/in/third.c
	printf '#include "lib/base.h"\n#include <x/y.h>\n' >b/room.c
	git init -q . 2>/dev/null
	git add -A
}
# includes: what check_includes.sh says of the house as it is now
includes() {
	git add -A
	run scripts/check_includes.sh
}

house
includes
is "a tree that keeps to its table: no word" "$code:$out$err" "0:"

printf '#include "lib/base.h"\n\n#include "b/second.h"\n' >a/first.c
: >b/second.h
includes
is "a folder that includes a later one fails" "$code" 1
has "the error names file, line and include" "$err" 'check: a/first.c:3: includes "b/second.h"'
has "... the rule" "$err" "rule: a/ may include itself and: lib/"
has "... and a cure" "$err" "cure: have a/ told by its caller"
has "two folders that include each other are a circle" "$err" "check: folders in a circle: a/ > b/ > a/"
like "... with an include for each step" "$err" '^  a/first.c:3 "b/second.h"$'
like "... there and back" "$err" '^  b/second.c:2 "a/first.h"$'

house
sed -i 's,| first | `lib/` |,| first | `lib/` `b/` |,' docs/architecture.md
includes
has "a row that names a later row fails, so that a table holds no circle" "$err" "row a/ may include b/, which has no row before it"

# No two of these include each other.
house
printf '#include "lib/base.h"\n' >c/in/third.c
printf '#include "lib/base.h"\n#include "c/in/x.h"\n' >a/first.c
printf '#include "b/second.h"\n' >c/in/x.h
: >b/second.h
includes
has "a longer circle is told whole" "$err" "check: folders in a circle: a/ > c/in/ > b/ > a/"

house
mkdir d
printf '#include "lib/base.h"\n' >d/new.c
includes
is "a folder without a row fails" "$code" 1
has "... by name" "$err" "check: d/new.c: lies in d/, which has no row"

house
rm -r c
includes
has "a row without a folder fails" "$err" "row c/*/ is of a folder without C files"
sed -i 's,| `c/\*/` |,| `c/*/` (to come) |,' docs/architecture.md
includes
is "... but not when it is to come" "$code:$err" "0:"

house
: >a/other.h
printf '#include "lib/base.h"\n#include "a/other.h"\n' >c/in/third.c
includes
has "a header that is allowed alone opens no folder" "$err" 'check: c/in/third.c:2: includes "a/other.h"'

house
printf '#include "lib/base.h"\n#include <x/x.h>\n' >b/second.c
includes
has "a library has its rooms" "$err" "check: b/second.c:2: includes <x/x.h>"
has "... which are told" "$err" "libx is for a/ b/room.c alone"

house
echo '#include "lib/base.h"' >b/room.c
includes
has "a room that is not lived in fails" "$err" "gives b/room.c a room for libx, whose headers it does not include"

house
printf '#include "a/first.h"\n' >b/second.c
includes
has "the first include is lib/base.h" "$err" 'check: b/second.c: includes "a/first.h" first'

house
sed -i 's,^| folder .*,| place | question | may include |,' docs/architecture.md
includes
is "without a table nothing passes" "$code" 1
has "... and it is said what is missed" "$err" "docs/architecture.md: has no table of folders"

# An unpacked archive is no repository: nothing is checked, and that is no success.
house
rm -rf .git
for script in check_includes check_docs check_headers shape; do
	run scripts/$script.sh
	is "$script.sh without a git repository fails" "$code" 2
	has "... and says what it needs" "$err" "needs a git checkout"
done

# Pages
house
cat >README.md <<'END'
# House
See [the table](docs/architecture.md), [its heading](docs/architecture.md#the-house),
`a/first.h`, `a/NAME.c`, `build/out`, `a/later.c` (to come).
END
cat >docs/page.md <<'END'
[up](../README.md#house)
END
git add -A
run scripts/check_docs.sh
is "links, headings and paths that lead somewhere: no word" "$code:$out$err" "0:"
cat >docs/page.md <<'END'
[up](README.md) [there](../README.md#garden) and `a/gone.c`, as a/NAME.txt and
this line is a good deal longer than one hundred columns, which nobody likes to read in a terminal of eighty.
END
run scripts/check_docs.sh
is "a page that leads nowhere fails" "$code" 1
has "a link without a file" "$err" "check: docs/page.md:1: the link to README.md leads nowhere"
has "a link without a heading" "$err" "check: docs/page.md:1: no heading is reached by README.md#garden"
has "a path without a file" "$err" "check: docs/page.md:1: there is no a/gone.c"
has "a pattern that nothing fits" "$err" "there is no a/NAME.txt"
has "a line that is too long" "$err" "check: docs/page.md:2: 109 columns"
scripts/wrap_docs.sh docs/page.md
run scripts/check_docs.sh
hasnt "wrap_docs.sh cures that" "$err" "columns"
is "... and keeps every word" "$(wc -w <docs/page.md)" 28

# Shape
house
cat >a/long.c <<'END'
#include "lib/base.h"

struct s {
	int x;
};

static int twice(int x)
{
	return 2 * x;
}

/* Two lines of signature. */
int thrice(int x,
	   int y)
{
	if (x) {
		y++;
	}
	return y;
}
END
printf '#include "lib/base.h"\n#include "b/only.h"\n' >b/second.c
: >b/only.h
git add -A
run scripts/shape.sh 1
is "shape succeeds" "$code:$err" "0:"
has "it counts functions, with their signatures" "$out" "2 functions, 12 lines; median 6, nine in ten have at most 8, the longest 8"
like "the longest function by name and place" "$out" '^ +8  thrice  a/long.c:13$'
like "the longest file" "$out" '^ +20  a/long.c$'
like "what a folder holds" "$out" '^  a/ +2 \.c +1 \.h +24 lines$'
like "a header with one user" "$out" '^  b/only.h  b/second.c  \(no .c file of its own\)$'
like "no circle" "$out" '^circles between folders: 0$'
printf '#include "lib/base.h"\n#include "b/only.h"\n' >a/first.c
printf '#include "lib/base.h"\n#include "a/first.h"\n#include "b/only.h"\n' >b/second.c
git add -A
run scripts/shape.sh 1
like "what breaks the table is counted" "$out" '^includes against the table of docs/architecture.md: 1$'
like "... and circles" "$out" '^  a/ > b/ > a/$'

# The tree itself, where it is one of git's
cd "$top" || exit 1
if git ls-files --error-unmatch docs/architecture.md >/dev/null 2>&1; then
	run scripts/check_includes.sh
	is "this tree keeps to its table" "$code:$err" "0:"
	run scripts/check_docs.sh
	is "its pages lead somewhere" "$code:$err" "0:"
else
	skip "this tree keeps to its table" "no git repository"
	skip "its pages lead somewhere" "no git repository"
fi
done_testing
