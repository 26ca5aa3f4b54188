# Time, identity, randomness and printk.
use Honey, license: "Dual BSD/GPL"

defstruct :who do
  field(:at, :u64)
  field(:boot, :u64)
  field(:uid_gid, :u64)
  field(:cgroup, :u64)
  field(:cpu, :u32)
  field(:dice, :u32)
  field(:comm, :string, size: 16)
end

defmap(:last, :bpf_hash, max_entries: 1024, key_type: :u32, value_type: :who)

@sec "tracepoint/raw_syscalls/sys_enter"
def on_enter(ctx) do
  who = %who{
    at: Honey.BpfHelpers.bpf_ktime_get_ns(),
    boot: Honey.BpfHelpers.bpf_ktime_get_boot_ns(),
    uid_gid: Honey.BpfHelpers.bpf_get_current_uid_gid(),
    cgroup: Honey.BpfHelpers.bpf_get_current_cgroup_id(),
    cpu: Honey.BpfHelpers.bpf_get_smp_processor_id(),
    dice: Honey.BpfHelpers.bpf_get_prandom_u32()
  }

  Honey.BpfHelpers.bpf_get_current_comm(who.comm, 16)
  pid = Honey.BpfHelpers.bpf_get_current_pid_tgid() >>> 32
  Honey.BpfHelpers.bpf_map_update_elem(:last, pid, who, :bpf_any)
  Honey.BpfHelpers.bpf_printk("pid %d calls %d as %s", pid, ctx.id, who.comm)
  0
end
