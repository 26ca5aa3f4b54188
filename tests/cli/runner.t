#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The test runner itself: what passes, what fails, what is skipped, and that nothing hides.
# beside others
set -u
. tests/lib.sh

mkdir -p "$tmp/tree/tests/x" "$tmp/tree/b"
cp tests/run.sh "$tmp/tree/tests/"

# says NAME BODY LAST CODE: a lone test file with that body makes the runner end so
says() {
	rm -f "$tmp"/tree/tests/x/*
	printf '#!/bin/sh\n%s\n' "$2" >"$tmp/tree/tests/x/one.t"
	chmod +x "$tmp/tree/tests/x/one.t"
	run env B=b TEST_TIMEOUT=2 "$tmp/tree/tests/run.sh"
	is "$1" "$(printf '%s\n' "$out" | tail -n 1) $code" "$3"
}

says "all passes" 'echo "ok 1 - a"; echo "ok 2"; echo 1..2' "2 passed, 0 failed, 0 skipped 0"
says "one fails" 'echo "ok 1 - a"; echo "not ok 2 - b"; echo 1..2; exit 1' "1 passed, 1 failed, 0 skipped 1"
has "the output of a failed file is shown" "$out" "| not ok 2 - b"
says "one is skipped" 'echo "ok 1 - a # SKIP no key"; echo "ok 2"; echo 1..2' "1 passed, 0 failed, 1 skipped 0"
has "with its reason" "$out" "x/one: a: no key"
says "a whole file is skipped" 'echo "1..0 # SKIP no kernel"' "0 passed, 0 failed, 1 skipped 0"
has "with its reason, too" "$out" "x/one: no kernel"
says "exit code 77 skips" 'echo "no guest here"; exit 77' "0 passed, 0 failed, 1 skipped 0"
says "cmocka's way to skip" 'echo 1..1; echo "no clock"; echo "not ok 1 # SKIP a"' "0 passed, 0 failed, 1 skipped 0"
has "with the message before it" "$out" "x/one: a: no clock"
says "an empty plan without a reason fails" 'echo 1..0' "0 passed, 1 failed, 0 skipped 1"
says "silence fails" 'exit 0' "0 passed, 1 failed, 0 skipped 1"
says "a missing plan fails" 'echo "ok 1"' "1 passed, 1 failed, 0 skipped 1"
says "too few tests fail" 'echo 1..3; echo "ok 1"' "1 passed, 1 failed, 0 skipped 1"
says "a crash fails" 'echo 1..1; echo "ok 1"; kill -SEGV $$' "1 passed, 1 failed, 0 skipped 1"
says "a bad end fails" 'echo 1..1; echo "ok 1"; exit 99' "1 passed, 1 failed, 0 skipped 1"
has "a sanitizer is named" "$out" "exit code 99 (sanitizer)"
says "a hang fails" 'echo 1..1; echo "ok 1"; sleep 60' "1 passed, 1 failed, 0 skipped 1"
has "and is called that" "$out" "ran out of time"
says "giving up fails" 'echo "Bail out! no" ; exit 1' "0 passed, 1 failed, 0 skipped 1"
says "cmocka's several groups" 'echo 1..1; echo "ok 1"; echo 1..2; echo "ok 1"; echo "ok 2"' "3 passed, 0 failed, 0 skipped 0"
says "a helper that stops early is noticed" ". $PWD/tests/lib.sh; pass a; exit 0" "1 passed, 1 failed, 0 skipped 1"
says "the helpers fail" ". $PWD/tests/lib.sh; is a b c; has a b c; done_testing" "0 passed, 2 failed, 0 skipped 1"

says "one that passes when it is run once more passes" \
	"if [ -e '$tmp/seen' ]; then echo 'ok 1'; else touch '$tmp/seen'; echo 'not ok 1'; fi; echo 1..1" "1 passed, 0 failed, 0 skipped 0"
has "and is told as unsteady" "$out" "unsteady: x/one failed, and passed when it was run alone"

says "one that takes its time passes" 'sleep 1.2; echo "ok 1"; echo 1..1' "1 passed, 0 failed, 0 skipped 0"
like "what took longest is told, in seconds" "$(printf '%s\n' "$out" | grep -A1 '^what took longest' | tail -n 1)" '^ *[1-9][0-9]* x/one$'

echo 'int main(void) { return 0; }' >"$tmp/tree/tests/x/u_none.c"
run env B=b "$tmp/tree/tests/run.sh" x/u_none
is "a test that was not built fails" "$(printf '%s\n' "$out" | tail -n 1) $code" "0 passed, 1 failed, 0 skipped 1"
run env B=b "$tmp/tree/tests/run.sh" nosuch
is "an unknown name is an error" "$err $code" "run.sh: no tests named: nosuch 2"
done_testing
