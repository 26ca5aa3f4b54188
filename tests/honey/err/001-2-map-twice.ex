defmap(:a, :bpf_array, max_entries: 1, value_type: :u64)
defmap(:a, :bpf_array, max_entries: 1, value_type: :u64)
