# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The memory monitor in Honey: maps, structs and behaviour of seed document 000 and of memmon.bpf.c.
# As in the seed, "pid" is the thread id, 64 bytes are reserved for a record of 56, and an element is
# stored into itself at the end of every update: what the text costs literally is what is measured.
defmodule MemoryMonitor do
  use Honey, license: "Dual BSD/GPL"

  # Set before loading: only this cgroup is watched. 0 is everything.
  defparam(:beebench_cgroup_id, :u64, 0)

  @min_length 1024
  @record_bytes 64

  @mmap 2
  @munmap 3
  @brk 4

  # memmon.h: struct mem_stats
  defstruct :mem_stats do
    field(:total_allocated, :u64)
    field(:total_freed, :u64)
    field(:current_usage, :u64)
    field(:peak_usage, :u64)
    field(:alloc_count, :u64)
    field(:free_count, :u64)
    field(:mmap_count, :u64)
    field(:munmap_count, :u64)
    field(:last_update, :u64)
  end

  # memmon.h: struct mem_event
  defstruct :mem_event do
    field(:timestamp, :u64)
    field(:pid, :u32)
    field(:tgid, :u32)
    field(:size, :u64)
    field(:address, :u64)
    field(:event_type, :u8)
    field(:comm, :string, size: 16)
  end

  # memmon.h: struct mem_loss, counted where something could not be recorded
  defstruct :mem_loss do
    field(:ring_full, :u64)
    field(:map_full, :u64)
  end

  defmap(:mem_stats_map, :bpf_hash, max_entries: 10240, key_type: :u32, value_type: :mem_stats)
  defmap(:active_allocs, :bpf_hash, max_entries: 10240, key_type: :u64, value_type: :u64)
  defmap(:mem_events, :bpf_ringbuf, max_entries: 262144)
  defmap(:mem_loss, :bpf_percpu_array, max_entries: 1, value_type: :mem_loss)

  @sec "tracepoint/syscalls/sys_enter_mmap"
  def on_mmap_enter(ctx) do
    length = ctx.args[1]

    if length >= @min_length and watched() do
      ids = Honey.BpfHelpers.bpf_get_current_pid_tgid()
      update_mem_stats(ids &&& 0xFFFFFFFF, length, @mmap)
      send_event(ids, length, 0, @mmap)
    end

    0
  end

  @sec "tracepoint/syscalls/sys_enter_munmap"
  def on_munmap_enter(ctx) do
    length = ctx.args[1]

    unless watched() do
      return 0
    end

    ids = Honey.BpfHelpers.bpf_get_current_pid_tgid()
    update_mem_stats(ids &&& 0xFFFFFFFF, length, @munmap)
    send_event(ids, length, 0, @munmap)
    0
  end

  @sec "tracepoint/syscalls/sys_enter_brk"
  def on_brk_enter(ctx) do
    unless watched() do
      return 0
    end

    ids = Honey.BpfHelpers.bpf_get_current_pid_tgid()
    send_event(ids, 0, ctx.args[0], @brk)
    0
  end

  defp watched() do
    beebench_cgroup_id == 0 or
      Honey.BpfHelpers.bpf_get_current_cgroup_id() == beebench_cgroup_id
  end

  defp send_event(ids, size, address, event_type) do
    event = Honey.BpfHelpers.bpf_ringbuf_reserve(:mem_events, @record_bytes, 0)

    if event == nil do
      loss = Honey.BpfHelpers.bpf_map_lookup_elem(:mem_loss, 0)

      if loss != nil do
        loss.ring_full = loss.ring_full + 1
      end

      return
    end

    event.timestamp = Honey.BpfHelpers.bpf_ktime_get_ns()
    event.pid = ids &&& 0xFFFFFFFF
    event.tgid = ids >>> 32
    event.size = size
    event.address = address
    event.event_type = event_type
    Honey.BpfHelpers.bpf_get_current_comm(event.comm, 16)
    Honey.BpfHelpers.bpf_ringbuf_submit(event, 0)
  end

  defp update_mem_stats(tid, size, event_type) do
    stats = Honey.BpfHelpers.bpf_map_lookup_elem(:mem_stats_map, tid)

    if stats == nil do
      first = %mem_stats{last_update: Honey.BpfHelpers.bpf_ktime_get_ns()}
      Honey.BpfHelpers.bpf_map_update_elem(:mem_stats_map, tid, first, :bpf_noexist)
      stats = Honey.BpfHelpers.bpf_map_lookup_elem(:mem_stats_map, tid)

      if stats == nil do
        loss = Honey.BpfHelpers.bpf_map_lookup_elem(:mem_loss, 0)

        if loss != nil do
          loss.map_full = loss.map_full + 1
        end

        return
      end
    end

    stats.last_update = Honey.BpfHelpers.bpf_ktime_get_ns()

    case event_type do
      @mmap ->
        stats.mmap_count = stats.mmap_count + 1
        stats.current_usage = stats.current_usage + size

        if stats.current_usage > stats.peak_usage do
          stats.peak_usage = stats.current_usage
        end

      @munmap ->
        if stats.current_usage >= size do
          stats.current_usage = stats.current_usage - size
        end

        stats.munmap_count = stats.munmap_count + 1
    end

    # Stored into itself: the seed writes it, and -O leaves it out.
    Honey.BpfHelpers.bpf_map_update_elem(:mem_stats_map, tid, stats, :bpf_any)
  end
end
