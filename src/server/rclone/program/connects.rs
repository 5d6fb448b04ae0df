//! Connections of rclone, which the kernel holds until their address was looked at (seccomp user notification):
//! whatever a redirect, a name that was changed after a check or an SDK leads to, it is refused when it connects. A
//! thread of the process that starts rclone answers.
//!
//! What is looked at lies in the memory of rclone, which could change it after that. rclone does no such thing, and
//! executes nothing else.
#![expect(
    unsafe_code,
    reason = "filters with a listener, descriptors in messages and the listener's calls have no safe interface"
)]

use std::{
    fs::{self, File},
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    os::{
        fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
        unix::fs::FileExt as _,
    },
    ptr,
    sync::Once,
    thread,
};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use crate::server::outbound::Outbound;

/// Until it was answered, only a signal that kills ends a call that was looked at (Linux 5.19): Go interrupts its
/// threads all the time.
const WAIT_KILLABLE_RECV: libc::c_ulong = 1 << 5;
/// The longest address that is read: the largest of the system's.
const ADDRESS: usize = 128;
/// Holds `connect` and lets everything else pass. The filter before it knows the architecture.
const FILTER: [libc::sock_filter; 4] = [
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
    instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, libc::SYS_connect as u32),
    instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_USER_NOTIF),
    instruction(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
];

const fn instruction(code: u32, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt, jf, k }
}

/// What is missing for connections to be looked at; `None` when nothing is, as far as can be told before.
#[must_use]
pub fn missing() -> Option<&'static str> {
    let action: u32 = libc::SECCOMP_RET_USER_NOTIF;
    // SAFETY: the kernel reads the four bytes of `action`.
    let answer = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action) };
    if answer != 0 {
        return Some(
            "Addresses are checked when a remote is made, but not when rclone connects: the kernel has no seccomp notifications, or a container \
             refuses them.",
        );
    }
    let scope =
        fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").ok().and_then(|text| text.trim().parse::<u8>().ok());
    let hidden = scope.is_some_and(|scope| scope >= 3) || scope == Some(2) && !rustix::process::geteuid().is_root();
    hidden.then_some(
        "Addresses are checked when a remote is made, but not when rclone connects: kernel.yama.ptrace_scope keeps Longshore from looking at what \
         rclone connects to. Set it to 1 or 0.",
    )
}

/// The end of a pair of sockets by which a child hands its listener over, see [`install`]. The thread at the other end
/// answers for as long as the child lives, and ends with it.
pub(in crate::server::rclone) fn watch(outbound: Outbound) -> io::Result<OwnedFd> {
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    thread::Builder::new().name("rclone-connects".into()).spawn(move || {
        if let Some(listener) = receive(&ours) {
            drop(ours);
            answer(&listener, &outbound);
        }
    })?;
    Ok(theirs)
}

/// Has the kernel hold this process' connections, for good, and hands the listener over. A kernel that cannot is no
/// reason not to start.
///
/// # Safety
/// Only in a forked child.
pub(in crate::server::rclone) unsafe fn install(socket: RawFd) -> io::Result<()> {
    let mut filter = FILTER;
    let program = libc::sock_fprog { len: FILTER.len() as u16, filter: filter.as_mut_ptr() };
    let set = |flags: libc::c_ulong| {
        // SAFETY: the kernel reads the program, which is on this stack.
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const program) }
    };
    let mut listener = set(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | WAIT_KILLABLE_RECV);
    if listener == -1 {
        listener = set(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER);
    }
    // SAFETY: what the message points to is on this stack. Closing comes with exec.
    let sent = unsafe { send(socket, RawFd::try_from(listener).ok().filter(|fd| *fd >= 0)) };
    if sent == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A byte, with a descriptor where there is one.
///
/// # Safety
/// `socket` is open.
unsafe fn send(socket: RawFd, fd: Option<RawFd>) -> isize {
    let mut byte = [u8::from(fd.is_some())];
    let mut part = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    // Larger than a header with one descriptor, and aligned.
    let mut control = [0_u64; 4];
    // SAFETY: a message of zeros is an empty one; header and descriptor lie within `control`.
    unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        if let Some(fd) = fd {
            message.msg_control = control.as_mut_ptr().cast();
            message.msg_controllen = libc::CMSG_SPACE(size_of::<RawFd>() as u32) as _;
            let header = libc::CMSG_FIRSTHDR(&raw const message);
            (*header).cmsg_level = libc::SOL_SOCKET;
            (*header).cmsg_type = libc::SCM_RIGHTS;
            (*header).cmsg_len = libc::CMSG_LEN(size_of::<RawFd>() as u32) as _;
            ptr::write_unaligned(libc::CMSG_DATA(header).cast(), fd);
        }
        libc::sendmsg(socket, &raw const message, libc::MSG_NOSIGNAL)
    }
}

/// The listener of a child. `None` when the child came to nothing, or its kernel cannot.
fn receive(socket: &OwnedFd) -> Option<OwnedFd> {
    let mut byte = [0_u8];
    let mut part = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
    let mut control = [0_u64; 4];
    // SAFETY: all that the message points to is on this stack; a descriptor that arrives is nobody else's.
    let received = unsafe {
        let mut message: libc::msghdr = std::mem::zeroed();
        message.msg_iov = &raw mut part;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = size_of_val(&control) as _;
        if libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_CMSG_CLOEXEC) != 1 {
            return None;
        }
        let header = libc::CMSG_FIRSTHDR(&raw const message);
        (!header.is_null() && (*header).cmsg_type == libc::SCM_RIGHTS)
            .then(|| OwnedFd::from_raw_fd(ptr::read_unaligned(libc::CMSG_DATA(header).cast())))
    };
    if received.is_none() {
        unheld("the kernel gave no listener");
    }
    received
}

/// Answers until the last process that is listened to has ended.
fn answer(listener: &OwnedFd, outbound: &Outbound) {
    let fd = listener.as_raw_fd();
    loop {
        let mut ready = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry, on this stack.
        let polled = unsafe { libc::poll(&raw mut ready, 1, -1) };
        if polled == -1 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
            continue;
        }
        if polled != 1 || ready.revents & libc::POLLIN == 0 {
            return;
        }
        // SAFETY: zeros are a value of both, and the kernel asks for them; it reads and writes what lies on this stack.
        unsafe {
            let mut asked: libc::seccomp_notif = std::mem::zeroed();
            if libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_RECV as _, &raw mut asked) == -1 {
                // It was killed meanwhile.
                continue;
            }
            let mut told: libc::seccomp_notif_resp = std::mem::zeroed();
            told.id = asked.id;
            if may(outbound, asked.pid, asked.data.args[1], asked.data.args[2]) {
                told.flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32;
            } else {
                told.error = -libc::EACCES;
            }
            // One that is gone needs no answer.
            libc::ioctl(fd, libc::SECCOMP_IOCTL_NOTIF_SEND as _, &raw mut told);
        }
    }
}

/// Whether a thread may connect to the address that lies in its memory.
fn may(outbound: &Outbound, thread: u32, at: u64, len: u64) -> bool {
    let mut bytes = [0_u8; ADDRESS];
    let len = usize::try_from(len).unwrap_or(ADDRESS).min(ADDRESS);
    let read = File::open(format!("/proc/{thread}/mem")).and_then(|memory| memory.read_exact_at(&mut bytes[..len], at));
    match read {
        Ok(()) => address(&bytes[..len]).is_none_or(|address| outbound.refuses(address).is_none()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            unheld("the memory of rclone cannot be read");
            true
        }
        Err(_) => false,
    }
}

/// Says, once, that connections are not looked at.
fn unheld(why: &str) {
    static SAID: Once = Once::new();
    SAID.call_once(|| tracing::warn!(why, "the addresses to which rclone connects are not checked when it connects"));
}

/// The address in the form that the system calls take. `None` for what is no address of a network.
fn address(bytes: &[u8]) -> Option<SocketAddr> {
    let family = u16::from_ne_bytes(bytes.first_chunk().copied()?);
    let port = u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?);
    match i32::from(family) {
        libc::AF_INET => Some((Ipv4Addr::from(<[u8; 4]>::try_from(bytes.get(4..8)?).ok()?), port).into()),
        libc::AF_INET6 => Some((Ipv6Addr::from(<[u8; 16]>::try_from(bytes.get(8..24)?).ok()?), port).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_reads_them() {
        let mut four = vec![2, 0, 0, 80, 169, 254, 169, 254, 0, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(address(&four), Some("169.254.169.254:80".parse().expect("an address")));
        four.truncate(7);
        assert_eq!(address(&four), None, "the kernel refuses what is too short");
        let mut six = vec![10, 0, 1, 187, 0, 0, 0, 0];
        six.extend(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254).octets());
        six.extend([3, 0, 0, 0]);
        assert_eq!(address(&six), Some("[fd00:ec2::254]:443".parse().expect("an address")));
        for other in [&b"\x01\0/run/x"[..], b"", b"\0", b"\x02\0", b"\x10\0\0\0\0\0\0\0"] {
            assert_eq!(address(other), None, "{other:?}");
        }
    }
}
