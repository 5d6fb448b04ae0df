//! Which of rclone's exit codes says that it did what it was asked.

/// Nothing went wrong, and no file was transferred. rclone exits with this instead of with 0 where
/// `error_on_no_transfer` is set. No run may set it, but a section of `rclone.conf` can, for every rclone that uses it:
/// `global.error_on_no_transfer`.
const NO_TRANSFER: i32 = 9;

/// Whether rclone did what it was asked. A sync that only deletes exits with 9, too.
#[must_use]
pub const fn is_success(code: Option<i32>) -> bool {
    matches!(code, Some(0 | NO_TRANSFER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_and_no_transfer_are_successes_and_no_other_code_is() {
        let successes: Vec<_> = (-1..=255).filter(|code| is_success(Some(*code))).collect();
        assert_eq!(successes, [0, 9]);
        assert!(!is_success(None), "killed by a signal");
    }
}
