# 001 issue 3: shifts, and, or, xor, not on 64 bits
# args: 0xff00ff00ff00ff00 12
# out: 71777214294589695 0 0 4278190080 18446744073709551615 71777214294589695
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 6, value_type: :u64)
defmap(:counts, :bpf_hash, max_entries: 100, key_type: :u32, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  put(0, ~~~a)
  put(1, (a &&& 0xff) ||| (a &&& 0xff))
  put(2, (a >>> 8) &&& 0xff00_ff00_ff00)
  put(3, a & 0xFF000000)
  put(4, a ||| ~~~a)
  put(5, a ^^^ 0xffff_ffff_ffff_ffff)
  0
end
