defmap(:m, :bpf_hesh, max_entries: 1, key_type: :u32, value_type: :u64)
