use Honey, license: "Dual BSD/GPL"
defmap(:start_time, :bpf_hash, max_entries: 10240, key_type: :u32, value_type: :u64)
defmap(:kernel_time, :bpf_hash, max_entries: 10240, key_type: :u32, value_type: :u64)
defmap(:user_time, :bpf_hash, max_entries: 10240, key_type: :u32, value_type: :u64)
defmap(:syscall_start, :bpf_hash, max_entries: 10240, key_type: :u32, value_type: :u64)
