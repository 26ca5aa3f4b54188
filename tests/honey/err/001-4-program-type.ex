use Honey, license: "GPL"
@sec "xdp"
def on(ctx) do
  x = bpf_get_current_pid_tgid()
  x
end
