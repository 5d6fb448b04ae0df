//! The calls of the kernel, each as one of the state's.

use std::{
    ffi::OsStr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use fuser::{
    BsdFileFlags, Errno, FileHandle, FileType, Filesystem, FopenFlags, Generation, INodeNo, LockOwner, OpenFlags,
    RenameFlags, ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs,
    ReplyWrite, ReplyXattr, Request, TimeOrNow, WriteFlags,
};

use super::state::State;

/// Nobody but the kernel changes anything: what it knows stays true.
const FOREVER: Duration = Duration::from_secs(3600);
/// The kernel keeps what it has of a file when it is opened again: what is mapped into memory has to be one.
const KEEP: FopenFlags = FopenFlags::FOPEN_KEEP_CACHE;

/// The end of the drive that the kernel talks to.
pub struct Calls(pub Arc<Mutex<State>>);

impl Calls {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("whole")
    }

    fn make(&self, req: &Request, parent: INodeNo, name: &OsStr, kind: FileType, mode: u32, reply: ReplyEntry) {
        let mut state = self.state();
        let made = state.make(parent.0, name, kind, mode, (req.uid(), req.gid()));
        match made.and_then(|node| state.attributes(node)) {
            Ok(attributes) => reply.entry(&FOREVER, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }
}

fn answer(reply: ReplyEmpty, result: Result<(), Errno>) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).expect("64 bits")
}

impl Filesystem for Calls {
    fn lookup(&self, _req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let mut state = self.state();
        let found = state.find(parent.0, name);
        match found.and_then(|node| state.attributes(node)) {
            Ok(attributes) => reply.entry(&FOREVER, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn getattr(&self, _req: &Request, ino: INodeNo, _fh: Option<FileHandle>, reply: ReplyAttr) {
        match self.state().attributes(ino.0) {
            Ok(attributes) => reply.attr(&FOREVER, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _req: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        _atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        _ctime: Option<SystemTime>,
        _fh: Option<FileHandle>,
        _crtime: Option<SystemTime>,
        _chgtime: Option<SystemTime>,
        _bkuptime: Option<SystemTime>,
        _flags: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let mut state = self.state();
        let mut set = || {
            if size.is_some() {
                state.may_at("truncate", ino.0)?;
            }
            state.alive()?;
            let node = state.node(ino.0)?;
            if let Some(size) = size {
                node.content.resize(place(size));
            }
            node.mode = mode.map_or(node.mode, |mode| u16::try_from(mode & 0o7777).expect("small"));
            node.owner = (uid.unwrap_or(node.owner.0), gid.unwrap_or(node.owner.1));
            node.changed = match mtime {
                Some(TimeOrNow::SpecificTime(time)) => time,
                Some(TimeOrNow::Now) => SystemTime::now(),
                None => node.changed,
            };
            state.attributes(ino.0)
        };
        match set() {
            Ok(attributes) => reply.attr(&FOREVER, &attributes),
            Err(error) => reply.error(error),
        }
    }

    fn mknod(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _rdev: u32,
        reply: ReplyEntry,
    ) {
        let kind = match mode & 0o170_000 {
            0o140_000 => FileType::Socket,
            0o010_000 => FileType::NamedPipe,
            _ => FileType::RegularFile,
        };
        self.make(req, parent, name, kind, mode & !umask, reply);
    }

    fn mkdir(&self, req: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        self.make(req, parent, name, FileType::Directory, mode & !umask, reply);
    }

    fn symlink(&self, req: &Request, parent: INodeNo, name: &OsStr, target: &Path, reply: ReplyEntry) {
        let mut state = self.state();
        let made = state.make(parent.0, name, FileType::Symlink, 0o777, (req.uid(), req.gid())).and_then(|node| {
            state.node(node)?.content.write(0, target.as_os_str().as_encoded_bytes());
            state.attributes(node)
        });
        match made {
            Ok(attributes) => reply.entry(&FOREVER, &attributes, Generation(0)),
            Err(error) => reply.error(error),
        }
    }

    fn readlink(&self, _req: &Request, ino: INodeNo, reply: ReplyData) {
        self.read_all(ino, 0, usize::MAX, reply);
    }

    fn unlink(&self, _req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(reply, self.state().remove(parent.0, name));
    }

    fn rmdir(&self, _req: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        answer(reply, self.state().remove(parent.0, name));
    }

    fn rename(
        &self,
        _req: &Request,
        parent: INodeNo,
        name: &OsStr,
        newparent: INodeNo,
        newname: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        answer(reply, self.state().rename((parent.0, name), (newparent.0, newname), flags));
    }

    fn create(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _flags: i32,
        reply: ReplyCreate,
    ) {
        let mut state = self.state();
        let made = state.make(parent.0, name, FileType::RegularFile, mode & !umask, (req.uid(), req.gid()));
        match made.and_then(|node| state.attributes(node)) {
            Ok(attributes) => reply.created(&FOREVER, &attributes, Generation(0), FileHandle(0), KEEP),
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _req: &Request, _ino: INodeNo, _flags: OpenFlags, reply: ReplyOpen) {
        match self.state().alive() {
            Ok(()) => reply.opened(FileHandle(0), KEEP),
            Err(error) => reply.error(error),
        }
    }

    fn read(
        &self,
        _req: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        size: u32,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyData,
    ) {
        self.read_all(ino, place(offset), size as usize, reply);
    }

    fn write(
        &self,
        _req: &Request,
        ino: INodeNo,
        _fh: FileHandle,
        offset: u64,
        data: &[u8],
        _write_flags: WriteFlags,
        _flags: OpenFlags,
        _lock_owner: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut state = self.state();
        let mut write = || {
            state.may_at("write", ino.0)?;
            let node = state.node(ino.0)?;
            node.content.write(place(offset), data);
            node.changed = SystemTime::now();
            Ok(())
        };
        match write() {
            Ok(()) => reply.written(u32::try_from(data.len()).expect("one request")),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _req: &Request, _ino: INodeNo, _fh: FileHandle, _lock_owner: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _req: &Request, ino: INodeNo, _fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        answer(reply, self.state().sync(ino.0));
    }

    fn fsyncdir(&self, _req: &Request, ino: INodeNo, _fh: FileHandle, _datasync: bool, reply: ReplyEmpty) {
        answer(reply, self.state().sync(ino.0));
    }

    fn readdir(&self, _req: &Request, ino: INodeNo, _fh: FileHandle, offset: u64, mut reply: ReplyDirectory) {
        let mut state = self.state();
        if let Err(error) = state.alive() {
            return reply.error(error);
        }
        // The number of the last entry is where to continue: what is removed meanwhile moves nothing.
        let mut names: Vec<_> =
            state.tree.folder(ino.0).into_iter().flatten().map(|(name, node)| (*node, name.clone())).collect();
        names.sort_unstable();
        for (node, name) in names.into_iter().filter(|(node, _)| *node > offset) {
            let Ok(kind) = state.node(node).map(|node| node.kind) else { continue };
            if reply.add(INodeNo(node), node, kind, name) {
                break;
            }
        }
        reply.ok();
    }

    fn statfs(&self, _req: &Request, _ino: INodeNo, reply: ReplyStatfs) {
        reply.statfs(1 << 20, 1 << 19, 1 << 19, 1 << 20, 1 << 19, 4096, 255, 4096);
    }

    fn getxattr(&self, _req: &Request, _ino: INodeNo, _name: &OsStr, _size: u32, reply: ReplyXattr) {
        reply.error(Errno::ENOTSUP);
    }
}

impl Calls {
    fn read_all(&self, ino: INodeNo, from: usize, length: usize, reply: ReplyData) {
        let mut state = self.state();
        match state.alive().and_then(|()| state.node(ino.0)) {
            Ok(node) => reply.data(node.content.read(from, length)),
            Err(error) => reply.error(error),
        }
    }
}
