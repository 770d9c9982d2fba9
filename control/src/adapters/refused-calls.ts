// The system calls that no process of a VM gets, from its first instruction on, each with its reason. Plain data; it starts nothing.
// It is a list of what is refused, not of what is allowed: QEMU's own filter comes on top of it, and each new version of QEMU uses other calls. What is on it has nothing
// to do with running a VM, and is what breaking out of a process is made of.
// @source Linux arch/x86/entry/syscalls/syscall_64.tbl
import type { RefusedCall } from 'hv:process'

const CLONE_THREAD = 0x1_0000

const all = (...names: readonly string[]): RefusedCall[] => names.map((name) => ({ name }))

/** Libraries fall back on clone, whose flags a filter can see. */
const CLONE3: RefusedCall = { name: 'clone3', error: 'ENOSYS' }

const EVERYWHERE: readonly RefusedCall[] = [
  // Other processes: none is started, read, changed or reached by a descriptor.
  ...all('fork', 'vfork', 'execveat', 'ptrace', 'process_vm_readv', 'process_vm_writev', 'process_madvise', 'process_mrelease'),
  ...all('kcmp', 'pidfd_open', 'pidfd_getfd', 'pidfd_send_signal'),
  // Rights: there are none to change, and what would change them is not to be asked.
  ...all(
    'setuid',
    'setgid',
    'setreuid',
    'setregid',
    'setresuid',
    'setresgid',
    'setfsuid',
    'setfsgid',
    'setgroups',
    'capset',
    'personality',
  ),
  // Namespaces and mounts: the view is complete before the program starts.
  ...all('unshare', 'setns', 'mount', 'umount2', 'pivot_root', 'chroot', 'open_tree', 'move_mount', 'mount_setattr'),
  ...all('fsopen', 'fsconfig', 'fsmount', 'fspick'),
  // Ways to files beside the view: by handle, by device number, by watching.
  ...all('open_by_handle_at', 'name_to_handle_at', 'mknod', 'mknodat', 'fanotify_init', 'fanotify_mark', 'quotactl', 'quotactl_fd'),
  // The network: every socket that there is, was handed over.
  ...all('socket', 'bind', 'connect'),
  // Large interfaces of the kernel that faults are found in again and again. QEMU does disks by threads.
  ...all('io_uring_setup', 'io_uring_enter', 'io_uring_register', 'bpf', 'perf_event_open', 'userfaultfd'),
  ...all('add_key', 'request_key', 'keyctl', 'modify_ldt', 'migrate_pages', 'move_pages'),
  // The machine: only root may, and only the kernel's check of that would stand in the way.
  ...all('init_module', 'finit_module', 'delete_module', 'kexec_load', 'kexec_file_load', 'reboot', 'swapon', 'swapoff', 'acct', 'syslog'),
  ...all('iopl', 'ioperm', 'settimeofday', 'clock_settime', 'clock_adjtime', 'adjtimex', 'sethostname', 'setdomainname', 'vhangup'),
  // Its weight against others is the cgroup's.
  ...all('setpriority', 'sched_setscheduler', 'sched_setparam', 'sched_setattr', 'ioprio_set'),
]

/** Of QEMU: it has threads. */
export const REFUSED_OF_QEMU: readonly RefusedCall[] = [
  ...EVERYWHERE,
  CLONE3,
  { name: 'clone', when: { argument: 0, mask: CLONE_THREAD, value: 0 } },
]

/** Of what runs beside it, which is one thread for good. */
export const REFUSED_OF_HELPERS: readonly RefusedCall[] = [...EVERYWHERE, CLONE3, { name: 'clone' }]
