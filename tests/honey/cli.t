#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The command line of honeyc: what it takes, its exit codes, what it says when a tool is missing, objects that say the
# same from everywhere, and sources meant to hurt.
# shellcheck source=tests/lib.sh
. tests/lib.sh
case $B in /*) honeyc=$B/honeyc ;; *) honeyc=$PWD/$B/honeyc ;; esac
ok=tests/honey/ok

# --- usage ---
run "$honeyc"
is "no file: exit code" "$code" 2
is "no file: says how" "$err" "honeyc: error: which file? honeyc [options] -o OUT.bpf.o FILE.ex... (--help)"
run "$honeyc" $ok/control.ex
is "no -o: says how" "$code $err" "2 honeyc: error: where to? give -o OUT.bpf.o, or --emit=c to see the C"
run "$honeyc" -o "$tmp/x.o" "$tmp/none.ex"
is "no such file" "$code $err" "2 honeyc: error: cannot read $tmp/none.ex: No such file or directory"
run "$honeyc" --emit=asm $ok/control.ex
is "unknown --emit" "$code $err" "2 honeyc: error: --emit is tokens, ast, c or obj, not 'asm'"
run "$honeyc" -felide-self-updat --emit=c $ok/control.ex
is "unknown optimisation" "$code $err" "2 honeyc: error: no optimisation is called 'elide-self-updat'; did you mean 'elide-self-update'?"
run "$honeyc" --diagnostics=xml --emit=c $ok/control.ex
is "unknown --diagnostics" "$code $err" "2 honeyc: error: --diagnostics is text or json, not 'xml'"
run "$honeyc" --kernel=new --emit=c $ok/control.ex
is "bad --kernel" "$code $err" "2 honeyc: error: --kernel takes a version such as 6.1, not 'new'"
run "$honeyc" --help
has "--help lists the optimisations" "$out" "-freuse-clock"
run "$honeyc" -o "$tmp/x.o" -w $ok/control.ex -P
is "options may follow the file" "$code $err" "0 "

# --- missing clang ---
run "$honeyc" --clang=no-such-clang -o "$tmp/x.bpf.o" -w $ok/control.ex
is "no clang: exit code" "$code" 2
is "no clang: exact text" "$err" "honeyc: error: cannot run no-such-clang: No such file or directory; install clang (sudo apt-get install clang), or name one with --clang or CLANG"
run "$honeyc" -w -o "$tmp/none/x.o" $ok/control.ex
is "output that cannot be written" "$code $err" "2 honeyc: error: cannot write $tmp/none/x.o: No such file or directory"
printf '#!/bin/sh\necho "control.ex:5: error: too clever" >&2\nexit 1\n' >"$tmp/cc"
chmod +x "$tmp/cc"
mkdir "$tmp/t"
run env TMPDIR="$tmp/t" "$honeyc" -w --clang="$tmp/cc" -o "$tmp/x.bpf.o" $ok/control.ex
is "clang refuses: exit code" "$code" 1
has "clang refuses: its message is shown" "$err" "control.ex:5: error: too clever"
is "nothing is left in TMPDIR" "$(ls "$tmp/t")" ""

# --- what comes out ---
run "$honeyc" --emit=tokens $ok/row31-forward.ex
has "--emit=tokens" "$out" "row31-forward.ex:4:1 at @sec"
run "$honeyc" --emit=ast $ok/row31-forward.ex
has "--emit=ast" "$out" "defp twice/1"
run "$honeyc" -w --emit=c $ok/row31-forward.ex
has "--emit=c has #line" "$out" '#line 5 "row31-forward.ex"'
run "$honeyc" --emit=c -O --remarks $ok/opt-self-update.ex
has "--remarks says where" "$err" "opt-self-update.ex:17:5: remark[R001]: elide-self-update: the element is stored already"
# Issue 13, number 32: what -P makes is C too.
if have clang; then
	cat >"$tmp/declares.ex" <<'E2'
defmodule T do
  use Honey, license: "GPL"
  @sec "tracepoint/raw_syscalls/sys_enter"
  def t(ctx) do
    if ctx.id == 9 do
      m = 1
    end
    0
  end
end
E2
	for f in "$tmp/declares.ex" "$ok"/*.ex; do
		"$honeyc" -w --emit=c -P "$f" >"$tmp/p.c" 2>/dev/null || continue
		# As docs/honey.md has it.
		flags=
		! grep -q '^int main(' "$tmp/p.c" || flags=-ffreestanding
		# shellcheck disable=SC2086  # one word, or none
		check "the C of -P compiles: ${f##*/}" clang -g -O2 -target bpf -fwrapv $flags -w -c "$tmp/p.c" -o "$tmp/p.o"
	done
fi
run "$honeyc" -w --emit=c -P -O -fno-elide-self-update $ok/opt-self-update.ex
is "-fno-NAME turns one off" "$out" "$(cat $ok/opt-self-update.c)"
run "$honeyc" -w --emit=c -P -fupdate-in-place $ok/opt-in-place.ex
is "-fNAME turns one on" "$out" "$(cat $ok/opt-in-place.O.c)"
run "$honeyc" --diagnostics=json -o "$tmp/x.o" tests/honey/err/001-7-unknown-map.ex
is "--diagnostics=json" "$(printf '%s\n' "$err" | sed -n 1p)" '{"severity":"error","code":"H014","file":"tests/honey/err/001-7-unknown-map.ex","line":12,"column":23,"end_line":12,"end_column":29,"message":"no map is called :count","help":"did you mean :counts?"}'
is "one object a line" "$(printf '%s\n' "$err" | grep -c '^{.*}$')" 2
run "$honeyc" --kernel=5.4 --emit=c -o /dev/null $ok/000-1-ring.ex
is "--kernel refuses what is newer" "$code" 1
has "--kernel says since when" "$err" ":bpf_ringbuf needs Linux 5.8"

# --- --explain ---
codes=$(sed -n 's/^DIAG(\([A-Z0-9]*\),.*/\1/p' honey/errors.def)
missing=$(for c in $codes; do "$honeyc" --explain "$c" | sed -n 3p | grep -q . || echo "$c"; done)
is "every code is explained" "$missing" ""
run "$honeyc" --explain H999
is "--explain of no code" "$code $err" "2 honeyc: error: no message has the code 'H999': codes are H001 to H039, W001 to W018, R001"
unused=$(for c in $codes; do grep -q "\[$c\]" tests/honey/err/*.err || echo "$c"; done)
is "every code is in an exact test, or here" "$unused" "R001"

# --- the same object from everywhere ---
if have clang; then
	"$honeyc" -w -o "$tmp/a.o" bpf/memmon/memmon.ex
	(cd bpf/memmon && "$honeyc" -w -o "$tmp/b.o" memmon.ex)
	(cd / && "$honeyc" -w -o "$tmp/c.o" "$OLDPWD/bpf/memmon/memmon.ex")
	check "the object does not depend on the working directory" cmp "$tmp/a.o" "$tmp/b.o"
	check "the object does not depend on how the file is named" cmp "$tmp/a.o" "$tmp/c.o"
	is "the object names no folder of this machine" "$(grep -a -o -e "$PWD" -e /usr/include "$tmp/a.o" | head -n 1)" ""
	is "the object quotes the lines of the source" "$(grep -a -c 'stats.mmap_count = stats.mmap_count + 1' "$tmp/a.o")" 1
else
	skip "the object is the same from everywhere" "no clang; sudo apt-get install clang"
fi

# --- sources meant to hurt: an error, in time, and no crash ---
h=$tmp/hostile.ex
# hostile NAME CODE: the source is in $h
hostile() {
	run timeout 20 "$honeyc" --emit=c -o /dev/null "$tmp/hostile.ex"
	is "hostile: $1: exit code" "$code" 1
	has "hostile: $1: says $2" "$err" "[$2]"
}
# repeat TEXT N
repeat() { awk -v s="$1" -v n="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", s }'; }

{ echo 'def f(a) do'; echo "a = $(repeat '(' 100000)"; echo end; } >"$h"
hostile "100 kB of open brackets" H007
{ echo 'def f(a) do'; repeat 'if a > 1 do
' 80000; } >"$h"
hostile "80000 ifs" H007
{ echo 'def f(a) do'; printf 'a = a'; repeat ' + a' 250000; echo; echo end; } >"$h"
hostile "1 MB of one sum" H007
{ echo 'def f(a) do'; printf 'a = a'; repeat '.b' 250000; echo; echo end; } >"$h"
hostile "a long chain of fields" H007
{ printf 'def f(a) do "'; repeat x 1000000; } >"$h"
hostile "1 MB of string that does not end" H002
repeat '"""' 300001 >"$h"
hostile "quotes" H002
repeat '@' 1000000 >"$h"
hostile "1 MB of @" H001
repeat 'end ' 250000 >"$h"
hostile "1 MB of end" H005
repeat 'def f(' 160000 >"$h"
hostile "1 MB of def" H007
{ echo 'def f(a) do'; repeat 'Enum.each([1, 2, 3, 4, 5, 6, 7, 8, 9], fn x -> ' 20; echo a; repeat ' end)' 20; echo end; } >"$h"
hostile "lists within lists" H007
{ echo 'def f(a) do'; repeat 'a in [' 5000; echo; echo end; } >"$h"
hostile "in within in" H007
{ echo 'def f(a) do'; printf 'bpf_printk('; repeat '"#{' 5000; echo; echo end; } >"$h"
hostile "values within values" H007
{ echo 'def f(a) do'; awk 'BEGIN { for (i = 0; i < 60000; i++) print "v" i " = a + " i }'; echo end; } >"$h"
hostile "60000 variables" H036
{ echo 'def f(a) do'; awk 'BEGIN { for (i = 0; i < 60000; i++) print "a = w" i " + " i }'; echo end; } >"$h"
hostile "60000 undefined names" H010
awk 'BEGIN { for (i = 0; i < 200; i++) printf "defp f%d(a), do: f%d(a) + f%d(a)\n", i, i + 1, i + 1; print "defp f200(a), do: a"; print "@sec \"raw_tp/sys_enter\""; print "def on(ctx), do: f0(1)" }' >"$h"
hostile "helpers that double 200 times" H007
awk 'BEGIN { for (i = 0; i < 30; i++) printf "defp f%d(a), do: f%d(a) + f%d(a)\n", i, i + 1, i + 1; print "defp f30(a), do: a"; print "@sec \"raw_tp/sys_enter\""; print "def on(ctx), do: f0(1)" }' >"$h"
hostile "helpers that double 30 times" H036
repeat 'x' 1000000 >"$h"
hostile "a name of 1 MB" H007
awk 'BEGIN { srand(7); for (i = 0; i < 1000000; i++) printf "%c", 32 + int(rand() * 95) }' >"$h"
hostile "1 MB of noise" H005
printf 'def f(a), do: a\n\000' >"$h"
hostile "a zero byte" H004

# --- issue 13, number 17: what a compiler that was killed has left, the next one sweeps ---
mkdir "$tmp/tmp"
cat >"$tmp/clang" <<'EOF'
#!/bin/sh
kill -9 "$PPID"
EOF
chmod +x "$tmp/clang"
TMPDIR=$tmp/tmp "$honeyc" --clang "$tmp/clang" -o "$tmp/x.o" $ok/control.ex 2>"$tmp/killed"
is "killed: its folder stays" "$(find "$tmp/tmp" -mindepth 1 -maxdepth 1 | wc -l)" 1
TMPDIR=$tmp/tmp run "$honeyc" -o "$tmp/x.o" $ok/control.ex
is "and is swept" "$code:$(ls "$tmp/tmp")" 0:
TMPDIR=$tmp/none run "$honeyc" -o "$tmp/x.o" $ok/control.ex
is "no place for it: exit code" "$code" 2
has "what to do" "$err" "set TMPDIR to a folder that can be written: No such file or directory"
done_testing
