# Numbers the loader may set before the program is loaded.
use Honey, license: "Dual BSD/GPL"

defparam(:min_length, :u64, 4 * 256)
defparam(:only_pid, :u32, 0)
defparam(:offset, :s32, -5)

@sec "tracepoint/syscalls/sys_enter_mmap"
def on_mmap(ctx) do
  pid = bpf_get_current_pid_tgid() >>> 32

  if ctx.len < min_length or (only_pid != 0 and pid != only_pid) do
    return 0
  end

  ctx.len + offset
end
