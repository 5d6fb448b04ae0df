//! Pages of lists: how many entries one may have, and whether another page follows.

use super::error::{AppError, Result};

/// Most entries of a page.
const MAX: u32 = 1000;

/// Entries of a page when the caller does not say.
pub const USUAL: u32 = 100;

/// Refuses a `limit` that no page may have.
pub fn check_limit(limit: u32) -> Result<()> {
    if limit > MAX { Err(AppError::invalid("limit", "At most 1,000.")) } else { Ok(()) }
}

/// How many entries a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    /// Of a query's `limit`; 0 is `usual`.
    #[must_use]
    pub fn new(limit: u32, usual: u32) -> Self {
        Self(if limit == 0 { usual } else { limit.min(MAX) })
    }

    /// How many rows to read: one more tells whether another page follows.
    #[must_use]
    pub fn rows(self) -> i64 {
        i64::from(self.0) + 1
    }

    /// The page of what was read, and whether another follows.
    #[must_use]
    pub fn cut<T>(self, mut rows: Vec<T>) -> (Vec<T>, bool) {
        let more = rows.len() > self.0 as usize;
        rows.truncate(self.0 as usize);
        (rows, more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_as_many_as_were_asked_for_and_says_whether_another_follows() {
        for (limit, usual, rows, page, more) in [
            (0, 100, 101, 100, true),
            (0, 50, 50, 50, false),
            (1, 100, 2, 1, true),
            (1000, 100, 1000, 1000, false),
            (5000, 100, 1001, 1000, true),
            (7, 50, 0, 0, false),
        ] {
            let size = PageSize::new(limit, usual);
            assert!(i64::from(rows) <= size.rows(), "{limit}");
            let (cut, follows) = size.cut((0..rows).collect());
            assert_eq!((cut, follows), ((0..page).collect(), more), "{limit}");
        }
    }

    #[test]
    fn a_limit_of_more_than_a_thousand_is_refused_at_its_field() {
        assert!([0, 1, 1000].iter().all(|limit| check_limit(*limit).is_ok()));
        for limit in [1001, u32::MAX] {
            assert!(check_limit(limit).expect_err("too many").field("limit").is_some());
        }
    }
}
