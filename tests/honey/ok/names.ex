# Names that C or BTF could not take are spelled otherwise in the C, where the object does not show them.
use Honey, license: "Dual \"BSD\"/GPL"

defmap(:add, :bpf_array, max_entries: 1, value_type: :u64)

@sec "raw_tp/sys_enter"
def on_enter(ctx) do
  int = ctx.args[1]
  größe = long?(int)
  add_2 = sum(größe, 1)
  c = add_2 + int
  bpf_map_update_elem(:add, 0, c)
  c
end

defp long?(default), do: default + 1
defp sum(add, struct), do: add + struct
