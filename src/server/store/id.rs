//! Makes ids: ULIDs, whose order is the order in which they were made.

use std::str::FromStr;

use ulid::Ulid;

use crate::domain::time::Timestamp;

/// A new id of any kind, as in `new_id::<RunId>(clock.now())`.
///
/// # Panics
/// When the system has no randomness to give: then nothing that this program promises would hold.
#[must_use]
pub fn new_id<T: FromStr>(at: Timestamp) -> T {
    ulid(at).parse().unwrap_or_else(|_| unreachable!("a ULID is what every id takes"))
}

/// The text of a new id.
pub(super) fn ulid(at: Timestamp) -> String {
    let mut random = [0; 16];
    getrandom::fill(&mut random).expect("the system gives randomness");
    Ulid::from_parts(u64::try_from(at.0).unwrap_or(0), u128::from_le_bytes(random)).to_string()
}

/// The text that no id of an earlier time comes after, and no id of this time before.
pub(super) fn ulid_from(at: Timestamp) -> String {
    Ulid::from_parts(u64::try_from(at.0).unwrap_or(0), 0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::RunId;

    #[test]
    fn later_ids_are_larger() {
        let (first, second): (RunId, RunId) =
            (new_id(Timestamp(1_763_906_531_250)), new_id(Timestamp(1_763_906_531_251)));
        assert!(first < second);
        assert_ne!(new_id::<RunId>(Timestamp(5)), new_id::<RunId>(Timestamp(5)));
        let from = ulid_from(Timestamp(1_763_906_531_251));
        assert!(first.as_str() < from.as_str() && from.as_str() <= second.as_str());
    }
}
