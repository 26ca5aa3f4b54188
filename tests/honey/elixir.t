#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# timeout: 600
# honeyc beside the real Elixir: random expressions through both parsers (elixir.exs), and every program of ours and of
# docs/honey.md compiled before and after `mix format`. `make test-elixir` installs Debian's package and fetches a current
# one. SEED (1) and TEXTS (1500) of the random ones.
# shellcheck source=tests/lib.sh
. tests/lib.sh
{ have elixir && have mix; } || skip_all "no elixir here: make test-elixir installs it"
case $B in /*) honeyc=$B/honeyc ;; *) honeyc=$PWD/$B/honeyc ;; esac
seed=${SEED:-1} texts=${TEXTS:-1500}
export ELIXIR_ERL_OPTIONS="+fnu"

# differ NAME: of what the last run printed
differ() {
	counts=$(printf '%s\n' "$out" | sed -n '$s/^texts/texts/p')
	echo "# $1, seed $seed: $counts"
	is "$1: where both take a text their trees are the same, or honeyc warns" "${counts##* silent }" 0 ||
		printf '%s\n%s\n' "$out" "$err" | head -n 20 | sed 's/^/# /'
	check "$1: most texts are taken by both" test "$(printf '%s\n' "$counts" | sed 's/.* same \([0-9]*\).*/\1/')" \
		-ge $((texts / 2))
}

run elixir tests/honey/elixir.exs "$honeyc" "$tmp" "$seed" "$texts"
differ "$(elixir --version | tail -n 1 | cut -d' ' -f1-2)"

# The current one lives in a folder of its own, from where it sees the system below /host.
new=$B/elixir-new
if is_root && [ -x "$new/usr/bin/elixir" ]; then
	libs=/host/lib/$(uname -m)-linux-gnu:/host/usr/lib/$(uname -m)-linux-gnu
	{
		echo '#!/bin/sh'
		echo "exec /host$(printf '%s\n' "/lib/$(uname -m)-linux-gnu/"ld-linux-* | head -n 1) \\"
		echo "	--library-path $libs /host$honeyc \"\$@\""
	} >"$tmp/honeyc"
	chmod +x "$tmp/honeyc"
	version=$(scripts/elixir_new.sh "$new" --version | tail -n 1 | cut -d' ' -f1-2)
	run scripts/elixir_new.sh "$new" "/host$PWD/tests/honey/elixir.exs" "/host$tmp/honeyc" "/host$tmp" "$seed" "$texts"
	differ "$version"
else
	skip "a current Elixir: trees" "none here: make test-elixir as root fetches one of Debian's unstable suite"
fi

# --- mix format ---
before=$tmp/before after=$tmp/after
mkdir "$before" "$after"
for file in bpf/*/*.ex tests/honey/ok/*.ex tests/honey/run/*.ex; do
	cp "$file" "$before/$(echo "${file%.ex}" | tr / _).ex"
done
awk -v dir="$before" '
	/^```elixir$/ { inside = 1; name = dir "/docs_" ++n ".ex"; next }
	/^```$/ { inside = 0 }
	inside { print >name }' docs/honey.md
cp "$before"/*.ex "$after"
cp .formatter.exs "$after"

# meaning FOLDER NAME: the C, without what depends on lines
meaning() { "$honeyc" -w -P --emit=c "$1/$2" 2>&1 | sed 's/^[^ ]*:[0-9]*:[0-9]*: //'; }

(cd "$after" && mix format ./*.ex) >"$tmp/mix" 2>&1
sed -n 's/.*mix format failed for file: *//p' "$tmp/mix" | sed 's|.*/||' >"$tmp/refused"
formatted=0 other=0 warned=
for file in "$after"/*.ex; do
	name=$(basename "$file")
	# What is no Elixir (the seeds' shifts) it leaves; of what Elixir reads otherwise honeyc warns.
	grep -qxF "$name" "$tmp/refused" && continue
	if "$honeyc" --emit=c -o /dev/null "$before/$name" 2>&1 | grep -q 'warning\[W016\]'; then
		warned="$warned $name"
		continue
	fi
	formatted=$((formatted + 1))
	[ "$(meaning "$before" "$name")" = "$(meaning "$after" "$name")" ] && continue
	other=$((other + 1))
	echo "# $name is another program after mix format"
	meaning "$before" "$name" >"$tmp/a"
	meaning "$after" "$name" | diff "$tmp/a" - | head -n 6 | sed 's/^/#   /'
done
echo "# mix format: $formatted programs; no Elixir: $(tr '\n' ' ' <"$tmp/refused"); warned of:$warned"
is "mix format leaves every program what it means: programs that are others" "$other" 0
check "mix format takes nearly all of them" test "$formatted" -ge 60
done_testing
