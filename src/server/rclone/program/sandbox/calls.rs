//! System calls that are refused in a sandbox: what Landlock does not see, and a copy never needs. Nothing gets the
//! rights of another user, or becomes another user's.

use std::{collections::BTreeMap, env, io};

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen as Len, SeccompCmpOp as Op,
    SeccompCondition as Condition, SeccompFilter, SeccompRule as Rule, TargetArch,
};

/// The bits that give a program the rights of its owner or group.
const SPECIAL: [u64; 2] = [0o4000, 0o2000];
/// In place of an owner: it stays.
const STAYS: u64 = 0xffff_ffff;
/// Calls that set a mode, and which argument it is.
const MODES: &[(i64, u8)] = &[
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, 1),
    (libc::SYS_fchmod, 1),
    (libc::SYS_fchmodat, 2),
    // fchmodat2, on every architecture.
    (452, 2),
];
/// Calls that set an owner, and which argument it is; the group is the next one.
const OWNERS: &[(i64, u8)] = &[
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chown, 1),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_lchown, 1),
    (libc::SYS_fchown, 1),
    (libc::SYS_fchownat, 2),
];

/// The filter, ready to be put on a process. `None` on a machine for which there is none.
pub(super) fn filter() -> io::Result<Option<BpfProgram>> {
    let Ok(arch) = TargetArch::try_from(env::consts::ARCH) else { return Ok(None) };
    let owner = rustix::process::geteuid().as_raw();
    let group = rustix::process::getegid().as_raw();
    let groups = rustix::process::getgroups()?.into_iter().map(rustix::process::Gid::as_raw).chain([group]);
    let groups: Vec<u64> = groups.map(u64::from).collect();
    rules(owner, &groups)
        .and_then(|rules| {
            SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(libc::EPERM.cast_unsigned()), arch)
        })
        .and_then(BpfProgram::try_from)
        .map(Some)
        .map_err(io::Error::other)
}

fn rules(owner: u32, groups: &[u64]) -> Result<BTreeMap<i64, Vec<Rule>>, BackendError> {
    let not = |argument, values: &[u64]| {
        let conditions =
            values.iter().chain(&[STAYS]).map(|value| Condition::new(argument, Len::Dword, Op::Ne, *value));
        Rule::new(conditions.collect::<Result<_, _>>()?)
    };
    let mut rules = BTreeMap::new();
    for (call, argument) in MODES {
        let special =
            SPECIAL.map(|bit| Rule::new(vec![Condition::new(*argument, Len::Dword, Op::MaskedEq(bit), bit)?]));
        rules.insert(*call, special.into_iter().collect::<Result<Vec<_>, _>>()?);
    }
    for (call, argument) in OWNERS {
        rules.insert(*call, vec![not(*argument, &[owner.into()])?, not(argument + 1, groups)?]);
    }
    Ok(rules)
}
