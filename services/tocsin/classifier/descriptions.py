"""Titles and reasons of alerts."""

from tocsin.model.event import Event, Number, Process, integer
from tocsin.model.outcome import OVERRIDE, blocked, succeeded
from tocsin.model.text import printable, truncate_middle

_PART_CHARACTERS = 160
"""A longer name is cut in the middle, so that a title stays on one line."""
_WRITE, _READ = 2, 4
"""Bits of the mask of security_file_permission."""
_BY = {
    "bind socket_bind inet_bind": "bind to {}",
    "listen socket_listen inet_csk_listen_start": "listen on {}",
    "accept accept4 inet_csk_accept": "connection accepted on {}",
    "connect socket_connect tcp_connect": "connection to {}",
    "tcp_sendmsg": "data sent to {}",
    "tcp_close": "connection to {} closed",
    "capset cap_capset": "capabilities set to {}",
    "cap_capable capable": "{} asked for",
    "open openat openat2 file_open": "open of {}",
    "file_permission": "access to {}",
    "mmap_file": "memory map of {}",
    "mount sb_mount move_mount": "mount of {}",
    "umount umount2 sb_umount": "unmount of {}",
    "init_module finit_module do_init_module": "kernel module {} loaded",
    "delete_module free_module": "kernel module {} removed",
    "kernel_module_request": "kernel module {} requested",
    "kernel_read_file": "{} read for the kernel",
    "memfd_create": "anonymous file {} created",
    "ptrace": "{}",
    "unshare": "new {}",
    "setns": "entry into {}",
    "kill tkill tgkill": "{}",
    "path_chmod inode_setattr chmod fchmodat": "mode of {} changed",
    "path_chown chown fchownat": "owner of {} changed",
    "path_truncate truncate": "{} truncated",
    "path_unlink inode_unlink unlink unlinkat": "{} removed",
    "rename renameat renameat2 path_rename inode_rename": "rename of {}",
    "bpf bpf_prog_load": "{} asked of BPF",
    "execve execveat bprm_check bprm_check_security bprm_creds_for_exec bprm_creds_from_file sched_process_exec":
        "start of {}",
    "setuid setgid setreuid setregid setresuid setresgid setfsuid setfsgid": "change to {}",
}  # fmt: skip
_PHRASES = {function: phrase for functions, phrase in _BY.items() for function in functions.split()}
_BARE = {
    "create_user_ns": "new user namespace",
    "commit_creds": "new credentials",
    "inode_rename": "file renamed",
    "socket_create": "socket created",
    "unshare": "namespaces left",
    "sched_process_fork": "fork",
}
_ORDERED = {
    "KPROBE_ACTION_SIGKILL": "kill ordered",
    "KPROBE_ACTION_SIGNAL": "signal ordered",
    "KPROBE_ACTION_NOTIFYENFORCER": "enforcement ordered",
    OVERRIDE: "block ordered",
}


def title(event: Event, event_type: str, function: str, target: str, *, existing: bool) -> str:
    """One line: what happened, to what, and which process did it."""
    body, kind = event.body, event.kind
    who = _name(body.process)
    if kind == "exec":
        if existing:
            return f"{who} was already running"
        return f"{who} executed by {_name(body.parent)}" if body.parent is not None else f"{who} executed"
    if kind == "exit":
        return _exit(who, body.signal, body.status)
    if kind == "rate_limit":
        return f"{_count(body.number_of_dropped_process_events)} events dropped by the agent's own rate limit"
    if kind == "throttle":
        begins = event_type != "throttle_stop"
        where = shown(target) or "a cgroup"
        return f"the agent {'stopped' if begins else 'resumed'} reporting events of {where}"
    if kind == "unknown":
        return (
            f"{shown(event_type)} by {who}"
            if body.process is not None
            else f"an event of the unknown kind {shown(event.key)}"
        )
    return _call(event, event_type, function, target, who)


def _name(process: Process | None) -> str:
    """The binary of the process; its process id if the agent does not know the binary."""
    if process is None:
        return "a process"
    return shown(process.binary or "") or ("a process" if process.pid is None else f"process {process.pid}")


def _call(event: Event, event_type: str, function: str, target: str, who: str) -> str:
    kind, body = event.kind, event.body
    what = shown(target)
    if kind == "loader":
        text = f"{what or 'a library'} loaded by {who}"
    elif kind in ("uprobe", "usdt"):
        text = f"{shown(event_type)} of {what or 'a program'} reached by {who}"
    else:
        text = f"{_act(event, event_type, function, what)} by {who}"
    ordered = _ORDERED.get(body.action) if isinstance(body.action, str) else None
    if ordered is not None:
        return f"{text}, {'blocked' if blocked(event) else ordered}"
    return f"{text}, failed" if succeeded(body.return_) is False else text


def _act(event: Event, event_type: str, function: str, what: str) -> str:
    if function == "file_permission" and what:
        args = event.body.args or ()
        mask = next((n for n in (integer(a.int_arg) for a in args) if n is not None), 0)
        return f"{'write to' if mask & _WRITE else 'read of' if mask & _READ else 'access to'} {what}"
    if not what:
        return _BARE.get(function) or shown(event_type)
    phrase = _PHRASES.get(function)
    return phrase.format(what) if phrase is not None else f"{shown(event_type)} on {what}"


def _exit(who: str, signal: str | int | None, status: int | None) -> str:
    if signal:
        return f"{who} ended by {shown(str(signal)) if isinstance(signal, str) else 'a signal'}"
    return f"{who} exited with status {status}" if status else f"{who} exited"


def _count(number: Number | None) -> str:
    count = integer(number)
    return "some" if count is None else str(count)


def reason(event: Event, because: str) -> str:
    """Why the alert has its severity, then the message of the event's policy, and what an ordered action proves."""
    body = event.body
    parts = [because]
    if body.message:
        policy = f" {shown(body.policy_name)}" if body.policy_name else ""
        parts.append(f"Policy{policy} says: {shown(body.message)}.")
    if isinstance(body.action, str) and body.action in _ORDERED:
        parts.append(_proof(event))
    return " ".join(parts)


def _proof(event: Event) -> str:
    returned = succeeded(event.body.return_)
    if event.body.action == OVERRIDE and returned is not None:
        return (
            "The call came back with an error, as ordered."
            if returned is False
            else "The call succeeded all the same: the policy only monitors, or was too late."
        )
    return "Whether it was done, this event does not show; a killed process shows in its own exit."


def shown(text: str) -> str:
    """*text* on one line, printable and short."""
    return printable(truncate_middle(text, _PART_CHARACTERS), mark="?")
