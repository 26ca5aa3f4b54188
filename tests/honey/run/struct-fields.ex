# 000 issue 2: fields are read, written and initialised, strings and arrays too
# args: 9 0
# out: 9 18446744073709551612 104 1 3 12
use Honey, license: "Dual BSD/GPL"
defmap(:out, :bpf_array, max_entries: 6, value_type: :u64)
defmap(:counts, :bpf_hash, max_entries: 100, key_type: :u32, value_type: :u64)

defp put(i, v) do
  bpf_map_update_elem(:out, i, v)
end

defstruct :inner do
  field(:flag, :u8)
end

defstruct :point do
  field(:x, :u32)
  field(:y, :s64)
  field(:name, :string, size: 6)
  field(:slots, :u16, count: 3)
  field(:inner, :inner)
end

defmap(:points, :bpf_hash, max_entries: 8, key_type: :u32, value_type: :point)

@sec "raw_tp/sys_enter"
def run(ctx) do
  a = ctx.args[0]
  b = ctx.args[1]
  p = %point{x: a, name: "hi"}
  p.y = -4
  bpf_map_update_elem(:points, 1, p)
  q = bpf_map_lookup_elem(:points, 1)
  if q != nil do
    put(0, q.x)
    put(1, q.y)
    put(2, q.name[0])
    q.slots[2] = 3
    q.inner.flag = 1
    r = bpf_map_lookup_elem(:points, 1)
    if r != nil do
      put(3, r.inner.flag)
      put(4, r.slots[2])
      r.x = r.x + 3
      put(5, q.x)
    end
  end
  0
end
