# Structs: strings, arrays and structs inside; initialised, read and written; C's layout.
use Honey, license: "Dual BSD/GPL"

defstruct :point do
  field(:x, :s32)
  field(:y, :s64)
end

defstruct :shape do
  field(:name, :string, size: 10)
  field(:corner, :point)
  field(:sizes, :u16, count: 4)
  field(:flag, :u8)
end

defmap(:shapes, :bpf_hash, max_entries: 64, key_type: :u32, value_type: :shape_struct)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  shape = %shape{name: "square", flag: 1}
  shape.corner.x = -1
  shape.corner.y = s64(ctx.args[1]) * 2
  shape.sizes[0] = 10
  bpf_map_update_elem(:shapes, 1, shape)

  kept = bpf_map_lookup_elem(:shapes, 1)

  if kept != nil do
    kept.corner = shape.corner
    kept.name = "circle"

    for i <- 0..3 do
      kept.sizes[i] = kept.sizes[i] + 1
    end
  end

  0
end
