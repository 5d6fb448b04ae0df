//! What programs look at, on its way to the audit log: the first of a kind is a row at once, what follows within a
//! minute is one row with their number. So reading fills no disk, however fast somebody reads.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
};

use super::auth::Actor;
use crate::domain::{id::UserId, time::Timestamp};

/// Milliseconds for which reads of one kind are one row.
const WINDOW: u64 = 60_000;
/// Places of one person that have rows of their own in that time. Those of further ones are summed up together.
const PLACES: usize = 20;

/// What counts as the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Who read.
    pub user: UserId,
    /// By what they came.
    pub via: &'static str,
    /// From where.
    pub address: Option<std::net::IpAddr>,
    /// What it was.
    pub action: &'static str,
    /// Empty for the places that are summed up together.
    pub target: String,
    /// Whether it succeeded.
    pub success: bool,
}

/// What came after the row of the first.
pub struct Sum {
    /// Who read, for the row.
    pub actor: Actor,
    /// When the first of them was.
    pub since: Timestamp,
    /// How many came after the first.
    pub reads: u64,
}

/// What was read lately.
#[derive(Default)]
pub struct Reads {
    sums: Mutex<HashMap<Key, Sum>>,
}

impl Reads {
    /// Notes a read. Whether it needs a row at once; else it is part of a sum.
    pub fn note(&self, actor: &Actor, action: &'static str, target: &str, success: bool, now: Timestamp) -> bool {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let key = |target: &str| Key {
            user: actor.user_id,
            via: actor.via.as_str(),
            address: actor.address,
            action,
            target: target.to_owned(),
            success,
        };
        if let Some(sum) = sums.get_mut(&key(target)) {
            sum.reads += 1;
            return false;
        }
        let known = sums.keys().filter(|key| key.user == actor.user_id).count();
        let (target, reads) = if known < PLACES { (target, 0) } else { ("", 1) };
        let sum = sums.entry(key(target)).or_insert_with(|| Sum { actor: actor.clone(), since: now, reads: 0 });
        sum.reads += reads;
        reads == 0
    }

    /// Takes out those whose time is over; all of them at the end.
    pub fn due(&self, now: Timestamp, all: bool) -> Vec<(Key, Sum)> {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let (due, rest): (Vec<_>, Vec<_>) =
            mem::take(&mut *sums).into_iter().partition(|(_, sum)| all || now.millis_since(sum.since) >= WINDOW);
        *sums = rest.into_iter().collect();
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            audit::Via,
            user::{Role, Theme},
        },
        server::store::new_id,
    };

    fn actor(name: &str) -> Actor {
        Actor {
            user_id: new_id(Timestamp(0)),
            name: name.to_owned(),
            role: Role::Viewer,
            scopes: None,
            token: None,
            theme: Theme::Auto,
            via: Via::Token,
            address: None,
        }
    }

    #[test]
    fn two_hundred_reads_a_second_are_a_few_rows_a_minute_and_none_is_lost() {
        let (reads, vera, other) = (Reads::default(), actor("vera"), actor("olaf"));
        let (mut rows, mut told) = (0_u64, 0_u64);
        for minute in 0..3_i64 {
            for n in 0..12_000_i64 {
                let now = Timestamp(minute * 60_000 + n * 5);
                let new = reads.note(&vera, "rclone.list", &format!("x:{}", n % 500), n % 7 != 0, now);
                rows += u64::from(new);
                told += u64::from(new);
            }
            assert!(
                reads.note(&other, "rclone.list", &format!("x:{minute}"), true, Timestamp(minute * 60_000)),
                "somebody else has their own"
            );
            for (key, sum) in reads.due(Timestamp((minute + 1) * 60_000), true) {
                if key.user == vera.user_id {
                    rows += u64::from(sum.reads > 0);
                    told += sum.reads;
                }
            }
        }
        assert_eq!(told, 36_000);
        assert!(rows <= 3 * 2 * (PLACES as u64 + 2), "{rows}");
        assert!(reads.sums.lock().expect("whole").is_empty());
    }

    #[test]
    fn what_differs_has_a_row_of_its_own() {
        let (reads, mut vera) = (Reads::default(), actor("vera"));
        assert!(reads.note(&vera, "rclone.list", "x:", true, Timestamp(0)));
        assert!(!reads.note(&vera, "rclone.list", "x:", true, Timestamp(1)));
        assert!(reads.note(&vera, "rclone.list", "x:", false, Timestamp(1)), "a failure");
        assert!(reads.note(&vera, "rclone.size", "x:", true, Timestamp(1)), "another action");
        assert!(reads.note(&vera, "rclone.list", "y:", true, Timestamp(1)), "another place");
        vera.address = Some([192, 0, 2, 7].into());
        assert!(reads.note(&vera, "rclone.list", "x:", true, Timestamp(1)), "another address");
        vera.via = Via::Session;
        assert!(reads.note(&vera, "rclone.list", "x:", true, Timestamp(1)), "another door");
        assert!(reads.due(Timestamp(59_999), false).is_empty());
        assert_eq!(reads.due(Timestamp(60_000), false).len(), 1);
        assert!(reads.note(&vera, "rclone.list", "z:", true, Timestamp(60_000)));
        assert_eq!(reads.due(Timestamp(60_001), true).len(), 6, "all at the end");
    }
}
