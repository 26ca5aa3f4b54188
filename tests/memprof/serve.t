#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# memprof serve: pages of a profile that is written again, figures for Prometheus, pushes; go tool pprof and promtool read
# them where they are there.
# shellcheck disable=SC2317 # functions called by check
# beside others
. tests/lib.sh
. tests/memprof/lib.sh
check "a server that takes, and a client" "${CC:-cc}" -O1 -o "$tmp/taker" tests/memprof/taker.c
server='' taker=''
# shellcheck disable=SC2016 # expanded at the end
at_exit 'kill $server $taker 2>/dev/null; wait 2>/dev/null'

# serve OPTION..: in the background; its port is in $port
serve() {
	"$memprof" serve "$@" --listen 127.0.0.1:0 --every 0.05 2>"$tmp/err" &
	server=$!
	until_true grep -q serving "$tmp/err"
	port=$(sed -n 's#.*serving http://127.0.0.1:\([0-9]*\)/.*#\1#p' "$tmp/err")
}
get() {
	"$tmp/taker" get "$port" "$1"
}
live() {
	[ "$(get /metrics | sed -n 's/^memprof_live_bytes{pid="4711",name="server"} //p')" = "$1" ]
}

"$made" small "$tmp/p"
serve "$tmp/p"
check "it serves" test -n "$port"
check "/metrics: live bytes" live 1240
get /metrics >"$tmp/metrics"
for line in 'memprof_allocations_total{pid="4711",name="server"} 119' 'memprof_allocated_bytes_total{pid="4711",name="server"} 7669' \
	'memprof_function_live_bytes{function="work"} 600' 'memprof_losses_total{what="unknown_frees"} 3' 'memprof_unresolved_frames 1'; do
	check "/metrics: $line" grep -qxF "$line" "$tmp/metrics"
done
if have promtool; then
	check "promtool reads it" promtool check metrics <"$tmp/metrics"
else
	skip "promtool reads it" "no promtool; sudo apt-get install prometheus"
fi
get / >"$tmp/page"
check "/ is the flame graph" grep -q '"figures":' "$tmp/page"
for what in heap allocs; do
	get /debug/pprof/$what >"$tmp/$what.gz"
	check "/debug/pprof/$what is gzip" gzip -t "$tmp/$what.gz"
	if have go; then
		run env HOME="$tmp" PPROF_TMPDIR="$tmp" go tool pprof -unit=B -top "http://127.0.0.1:$port/debug/pprof/$what"
		case $what in
		heap) has "go tool pprof fetches it: the heap" "$out" "of 1240B total" ;;
		*) has "go tool pprof fetches it: allocations" "$out" "of 7669B total" ;;
		esac
	else
		skip "go tool pprof fetches it" "no go; sudo apt-get install golang-go"
	fi
done
check "what is not there is refused" sh -c "! '$tmp/taker' get '$port' /nothing"
"$made" more "$tmp/p2"
mv "$tmp/p2" "$tmp/p"
check "the file is written again: served again" until_true live 1560
head -c 100 "$tmp/p" >"$tmp/cut"
mv "$tmp/cut" "$tmp/p"
check "a file that is cut: told" until_true grep -q 'the profile is cut off' "$tmp/err"
check "what was there is served" live 1560
kill $server
wait $server
is "its end" $? 0

# --- pushing ---
mkdir "$tmp/taken"
"$tmp/taker" "200 OK" "$tmp/taken" >"$tmp/taker.port" &
taker=$!
until_true test -s "$tmp/taker.port"
to=$(cat "$tmp/taker.port")
"$made" small "$tmp/p"
serve --push "http://127.0.0.1:$to" --name 'my app' "$tmp/p"
check "a push" until_true test -s "$tmp/taken/2.line"
line=$(cat "$tmp/taken/1.line")
has "its address" "$line" "POST /ingest?name=my%20app.inuse_space&from=1764460800&until=1764460890&format=folded&units=bytes"
is "what is live" "$(awk '{ n += $NF } END { print n }' "$tmp/taken/1.body")" 1240
has "then what was allocated" "$(cat "$tmp/taken/2.line")" "name=my%20app.alloc_space"
is "all of it" "$(awk '{ n += $NF } END { print n }' "$tmp/taken/2.body")" 7669
"$made" more "$tmp/p2"
mv "$tmp/p2" "$tmp/p"
check "a change is pushed" until_true test -s "$tmp/taken/4.line"
is "what is live now" "$(awk '{ n += $NF } END { print n }' "$tmp/taken/3.body")" 1560
is "what was allocated since" "$(cat "$tmp/taken/4.body")" 'server+0x1100;work;load:odd "name" 320'
kill $server
wait $server 2>/dev/null
run "$memprof" serve --once --push "http://127.0.0.1:$to/base/" "$tmp/p"
is "--once" "$code" 0
like "below a path" "$(grep -h . "$tmp"/taken/*.line)" '^POST /base/ingest\?name=memprof\.inuse_space&'
kill $taker
wait $taker 2>/dev/null
run "$memprof" serve --once --push "http://127.0.0.1:$to" "$tmp/p"
is "nobody takes it" "$code" 2
has "is told" "$err" "cannot push to 127.0.0.1:$to"
"$tmp/taker" "422 Unprocessable" "$tmp/taken" >"$tmp/taker.port" &
taker=$!
until_true test -s "$tmp/taker.port"
to=$(cat "$tmp/taker.port")
run "$memprof" serve --once --push "http://127.0.0.1:$to" "$tmp/p"
is "it is refused" "$code" 2
has "is told, with the answer" "$err" "does not take the profile: HTTP/1.1 422 Unprocessable"

# wrong NAME TEXT WORD..
wrong() {
	name=$1 text=$2
	shift 2
	run "$memprof" serve "$@"
	is "$name: exit code" "$code" 2
	has "$name: says why" "$err" "$text"
}
wrong "no file" "which profile?" --listen 127.0.0.1:0
wrong "a file that is not there" "No such file" "$tmp/none"
wrong "an address that is none" "is no address to push to" --once --push localhost:4040 "$tmp/p"
wrong "another protocol" "is no address to push to" --once --push https://localhost "$tmp/p"
wrong "--once alone" "--once is for --push" --once "$tmp/p"
done_testing
