# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The CPU monitor in Honey: maps and behaviour of seed document 001. As there, sched_switch counts
# by thread id and the system calls by process id: equal for a process of one thread, mixed up for
# one of many. Blocking system calls count their sleep as kernel time.
defmodule CpuMonitor do
  use Honey, license: "Dual BSD/GPL"

  @max_tasks 10240

  # cpumon.h: struct cpu_loss, values that found no room in a full map
  defstruct :cpu_loss do
    field(:map_full, :u64)
  end

  defmap(:cpu_loss, :bpf_percpu_array, max_entries: 1, value_type: :cpu_loss)

  # When the thread last got a CPU.
  defmap(:start_time, :bpf_hash, max_entries: @max_tasks, key_type: :u32, value_type: :u64)
  # When the process last entered a system call.
  defmap(:syscall_start, :bpf_hash, max_entries: @max_tasks, key_type: :u32, value_type: :u64)
  # Sums in ns.
  defmap(:kernel_time, :bpf_hash, max_entries: @max_tasks, key_type: :u32, value_type: :u64)
  defmap(:user_time, :bpf_hash, max_entries: @max_tasks, key_type: :u32, value_type: :u64)
  # Kernel time since the process last got a CPU.
  defmap(:run_kernel_time, :bpf_hash, max_entries: @max_tasks, key_type: :u32, value_type: :u64)

  @sec "tracepoint/sched/sched_switch"
  def on_sched_switch(ctx) do
    now = Honey.BpfHelpers.bpf_ktime_get_ns()
    prev = ctx.prev_pid
    next = ctx.next_pid

    if prev > 0 do
      start = Honey.BpfHelpers.bpf_map_lookup_elem(:start_time, prev)

      if start != nil do
        credit(prev, now - start)
        Honey.BpfHelpers.bpf_map_delete_elem(:start_time, prev)
      end
    end

    put(:start_time, next, now)
    0
  end

  @sec "tracepoint/raw_syscalls/sys_enter"
  def on_sys_enter(ctx) do
    pid = Honey.BpfHelpers.bpf_get_current_pid_tgid() >>> 32
    now = Honey.BpfHelpers.bpf_ktime_get_ns()
    put(:syscall_start, pid, now)
    0
  end

  @sec "tracepoint/raw_syscalls/sys_exit"
  def on_sys_exit(ctx) do
    pid = Honey.BpfHelpers.bpf_get_current_pid_tgid() >>> 32
    now = Honey.BpfHelpers.bpf_ktime_get_ns()
    start = Honey.BpfHelpers.bpf_map_lookup_elem(:syscall_start, pid)

    if start != nil do
      add(:run_kernel_time, pid, now - start)
      Honey.BpfHelpers.bpf_map_delete_elem(:syscall_start, pid)
    end

    0
  end

  # Splits the time on a CPU into what system calls took and the rest.
  defp credit(prev, delta) do
    ktime = 0
    kernel = Honey.BpfHelpers.bpf_map_lookup_elem(:run_kernel_time, prev)

    if kernel != nil do
      ktime = kernel
      Honey.BpfHelpers.bpf_map_delete_elem(:run_kernel_time, prev)
    end

    if ktime < delta do
      add(:user_time, prev, delta - ktime)
    end

    if ktime > 0 do
      add(:kernel_time, prev, ktime)
    end
  end

  # A copy is stored, as in the seed; -O adds in place.
  defp add(map, key, ns) do
    sum = Honey.BpfHelpers.bpf_map_lookup_elem(map, key)

    if sum != nil do
      Honey.BpfHelpers.bpf_map_update_elem(map, key, sum + ns, :bpf_any)
    else
      put(map, key, ns)
    end
  end

  defp put(map, key, ns) do
    if Honey.BpfHelpers.bpf_map_update_elem(map, key, ns, :bpf_any) != 0 do
      loss = Honey.BpfHelpers.bpf_map_lookup_elem(:cpu_loss, 0)

      if loss != nil do
        loss.map_full = loss.map_full + 1
      end
    end
  end
end
