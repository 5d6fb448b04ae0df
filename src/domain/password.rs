//! Which passwords are accepted.

use super::error::{AppError, Result};

/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 12;
/// Most bytes of a password.
pub const PASSWORD_MAX: usize = 1024;

/// Long enough, not too long, and not something everybody tries first.
pub fn validate_password(username: &str, password: &str) -> Result<()> {
    let refuse = |problem: &str| Err(AppError::invalid("password", problem));
    if password.chars().count() < PASSWORD_MIN {
        return refuse("A password has at least 12 characters.");
    }
    if password.len() > PASSWORD_MAX {
        return refuse("A password has at most 1,024 bytes.");
    }
    let lower = password.to_lowercase();
    let name = username.to_lowercase();
    let mut rest = lower.clone();
    for word in ["longshore", "rclone", "password", "passwort", "admin", "backup", "letmein", "qwerty", "welcome"] {
        rest = rest.replace(word, "");
    }
    if name.chars().count() >= 4 {
        rest = rest.replace(&name, "");
    }
    if rest.chars().filter(|c| c.is_alphanumeric()).count() < 6 {
        return refuse("This password is too common. Choose another.");
    }
    let mut distinct: Vec<char> = lower.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 5 || is_sequence(&lower) {
        return refuse("This password repeats too few characters. Choose another.");
    }
    Ok(())
}

/// Whether each character follows the one before it: `abcdefghijkl`, `123456789012`.
fn is_sequence(text: &str) -> bool {
    let codes: Vec<i64> = text.chars().map(|c| i64::from(u32::from(c))).collect();
    let steps =
        codes.windows(2).filter(|pair| matches!(pair, [a, b] if (b - a).abs() <= 1 || (*a, *b) == (57, 48))).count();
    steps + 1 >= codes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        for weak in [
            "short",
            "passwordpassword",
            "longshore-admin",
            "aaaaaaaaaaaaaaa",
            "123456789012",
            "abcdefghijklm",
            "marianne2026!",
        ] {
            assert!(validate_password("marianne", weak).is_err(), "{weak}");
        }
        for good in ["correct horse battery", "kd8-2mQx.71ab", "ein langes Kennwort"] {
            validate_password("marianne", good).expect(good);
        }
    }
}
