#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What memprof writes, read by who is to read it: go tool pprof, speedscope and a browser. `make test-memprof-readers`
# installs them; each is skipped, with its reason, where it is not there. Env: SPEEDSCOPE, the folder of its npm package.
# timeout: 300
# beside others
. tests/lib.sh
. tests/memprof/lib.sh
check "profiles are made" sh -c "for k in small more empty counts self big; do '$made' \$k '$tmp/'\$k || exit; done"

# --- go tool pprof ---
if have go; then
	# pprof FIGURE FILE [OPTION..]
	pprof() {
		figure=$1 file=$2
		shift 2
		case $figure in
		*_space) set -- -unit=B "$@" ;;
		esac
		run env HOME="$tmp" PPROF_TMPDIR="$tmp" go tool pprof -sample_index="$figure" "$@" "$file"
	}
	for k in small empty counts self big; do
		"$memprof" report "$tmp/$k" --format pprof -o "$tmp/$k.pb.gz"
	done
	pprof alloc_space "$tmp/big.pb.gz" -top
	is "pprof reads 20,000 stacks" "$code" 0
	has "their total" "$out" "of 60047179B total"
	pprof alloc_space "$tmp/small.pb.gz" -top
	has "alloc_space" "$out" "of 7669B total"
	pprof inuse_space "$tmp/small.pb.gz" -top
	has "inuse_space" "$out" "of 1240B total"
	pprof alloc_objects "$tmp/small.pb.gz" -top
	has "alloc_objects" "$out" "of 119 total"
	pprof inuse_objects "$tmp/small.pb.gz" -top
	has "inuse_objects" "$out" "of 20 total"
	like "a function with what it calls" "$out" ' 20 +100% +work$'
	pprof alloc_space "$tmp/small.pb.gz" -top -tagfocus=pid=4711
	has "labels" "$out" "7669B total"
	pprof alloc_space "$tmp/self.pb.gz" -top
	has "template arguments stay" "$out" "std::map<int, int>::find(int const&)"
	hasnt "nothing is asked for again" "$err" "symbolization"
	pprof alloc_space "$tmp/self.pb.gz" -list made_outer
	has "lines" "$out" "made.c"
	pprof alloc_space "$tmp/empty.pb.gz" -top
	is "a program that allocated nothing" "$code" 0
	run env HOME="$tmp" go tool pprof -raw "$tmp/counts.pb.gz"
	hasnt "what was not watched is not shown as 0" "$out" inuse
else
	skip "go tool pprof" "no go; sudo apt-get install golang-go"
fi

# --- Prometheus ---
server='' prometheus=''
# shellcheck disable=SC2016 # expanded at the end
at_exit 'kill $server $prometheus 2>/dev/null; wait 2>/dev/null'
# shellcheck disable=SC2317 # called by until_true
stored() {
	promtool query instant "http://127.0.0.1:$port" "$1" | grep -q " => $2 @"
}
# shellcheck disable=SC2317
listens() {
	port=$(sed -n 's/.*Listening on" address=127.0.0.1:\([0-9]*\).*/\1/p' "$tmp/prometheus.log" | head -n 1)
	[ -n "$port" ]
}
if have prometheus && have promtool; then
	"$memprof" serve --listen 127.0.0.1:0 "$tmp/small" 2>"$tmp/serve.err" &
	server=$!
	until_true grep -q serving "$tmp/serve.err"
	cat >"$tmp/prometheus.yml" <<-YML
		global:
		  scrape_interval: 1s
		scrape_configs:
		  - job_name: memprof
		    static_configs:
		      - targets: ['$(sed -n 's#.*http://\([^/]*\)/.*#\1#p' "$tmp/serve.err")']
	YML
	prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/data" --web.listen-address=127.0.0.1:0 \
		>"$tmp/prometheus.log" 2>&1 &
	prometheus=$!
	if until_true listens; then
		check "Prometheus scrapes memprof" until_true stored 'up{job="memprof"}' 1
		check "what is live is stored" until_true stored 'memprof_live_bytes{pid="4711",name="server"}' 1240
		check "a function with quotes in its name" until_true stored 'memprof_function_live_bytes{function="load;odd \"name\""}' 640
	else
		skip "Prometheus scrapes memprof" "it does not say where it listens: $(tail -n 1 "$tmp/prometheus.log")"
	fi
	kill $server $prometheus
else
	skip "Prometheus scrapes memprof" "no prometheus, or no promtool; sudo apt-get install prometheus"
fi

# --- a browser ---
# page FILE[#HASH] [OPTION..]: the document as text when its scripts have run
page() {
	url=file://$1
	shift
	run timeout -k 5 90 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$tmp/chromium" \
		--allow-file-access-from-files "$@" --dump-dom "$url"
}
# said ID: the text of that element
said() {
	printf '%s' "$out" | tr '\n' ' ' | sed -n "s/.*id=\"$1\"[^>]*>\([^<]*\)<.*/\1/p"
}
if ! have chromium; then
	skip "the flame graph in a browser" "no chromium; sudo apt-get install chromium"
elif ! page "$PWD/tests/memprof/blank.html" || ! printf '%s' "$out" | grep -q 'it runs'; then
	skip "the flame graph in a browser" "chromium does not run scripts here"
else
	"$memprof" report "$tmp/small" --format html -o "$tmp/small.html"
	"$memprof" report "$tmp/big" --format html -o "$tmp/big.html"
	"$memprof" diff "$tmp/small" "$tmp/more" --format html -o "$tmp/diff.html"
	page "$tmp/big.html"
	has "the page's total" "$out" 'data-total="60047179"'
	page "$tmp/small.html#search=^work"
	has "its total" "$out" 'data-total="7669"'
	is "a search says its share" "$(said matched)" "matched 86.58 %, 6.48 KiB"
	page "$tmp/small.html#search=("
	is "no regular expression" "$(said wrong)" "no regular expression"
	page "$tmp/small.html#figure=2&inverted=1"
	has "another figure, inverted" "$out" 'data-total="1240"'
	# Somebody who clicks and types: what the page says after each step goes into its title.
	{
		sed '/<\/body>/,$d' "$tmp/small.html"
		echo '<script>'
		cat tests/memprof/clicks.js
		echo '</script></body></html>'
	} >"$tmp/clicked.html"
	page "$tmp/clicked.html"
	printf '%s' "$out" | tr '\n' ' ' | sed -n 's/.*<pre id="log">\([^<]*\)<.*/\1/p' | tr '|' '\n' >"$tmp/log"
	while IFS='=' read -r name want; do
		is "clicked: $name" "$(sed -n "s/^ *$name=//p" "$tmp/log")" "$want"
	done <<-'EOF2'
		start=7669
		zoom=6640
		out=7669
		down=server+0x1100
		enter=7664
		back=7669
		figure=119
		inverted=true
		invertedzoom=6000
		escape=7669
		search=8.35
		theme=dark
	EOF2
	page "$tmp/diff.html"
	has "a difference: B" "$out" 'data-total="7989"'
	has "red where B has more" "$out" 'background: hsl(4'
	is "asks for nothing outside" "$(grep -c '//[a-z]*[.]' "$tmp/small.html")" 0

	# --- speedscope ---
	release=${SPEEDSCOPE:-$B/readers/node_modules/speedscope}/dist/release
	if [ -e "$release/index.html" ]; then
		release=$(cd "$release" && pwd)
		for f in speedscope pprof; do
			"$memprof" report "$tmp/big" --format $f -o "$tmp/big.$f"
			printf 'speedscope.loadFileFromBase64("big.%s", "%s")' $f "$(base64 -w0 "$tmp/big.$f")" >"$tmp/load.js"
			page "$release/index.html#localProfilePath=$tmp/load.js" --virtual-time-budget=20000
			text=$(printf '%s' "$out" | sed 's/<[^>]*>/ /g' | tr -s ' \n' ' ')
			has "speedscope opens our $f" "$text" "Left Heavy"
			[ $f = pprof ] || has "its total" "$text" "bytes allocated 57.27 MB"
		done
	else
		skip "speedscope" "not there; make test-memprof-readers fetches it"
	fi
fi
done_testing
