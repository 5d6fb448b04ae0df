//! How good a new password is: the plain rules, and how many guesses it would take somebody who knows the lists of
//! common passwords, names, dates, keyboards, and what people make of them.

use zxcvbn::zxcvbn;

use crate::domain::{
    error::{AppError, Result},
    password::validate_password,
};

/// Words that belong to this console: they make no password better.
const WORDS: [&str; 4] = ["longshore", "rclone", "backup", "console"];

/// Fewest guesses, as a power of ten: a word with a year and a mark behind it takes a hundred million.
const GUESSES: f64 = 9.0;

/// Refuses a password that is too short, or too easy to guess.
///
/// # Errors
/// `invalid` with the field `password`.
pub(super) fn check(username: &str, password: &str) -> Result<()> {
    validate_password(username, password)?;
    let known: Vec<&str> = WORDS.into_iter().chain([username]).collect();
    if zxcvbn(password, &known).guesses_log10() < GUESSES {
        let problem = "This password is easy to guess. Choose a longer one, for example several unrelated words.";
        return Err(AppError::invalid("password", problem));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_are_refused_and_what_people_make_of_them() {
        for weak in [
            "qwerty123456",
            "1q2w3e4r5t6y",
            "iloveyou1234",
            "123qwe123qwe",
            "q1w2e3r4t5y6",
            "zaq12wsxcde3",
            "qwertyuiop12",
            "1qaz2wsx3edc",
            "password1234",
            "Passw0rd1234",
            "administrator",
            "abc123abc123",
            "football1234",
            "michelle1987",
            "letmein12345",
            "monkey123456",
            "asdfghjkl123",
            "summer2024!!",
            "marianne1980!",
            "longshore2026",
            "Admin@123456",
            "Sommer2024!!",
            "Berlin2024!!!",
            "hunter2hunter2",
            "            ",
            "ффффффффффффф",
        ] {
            assert!(check("marianne", weak).is_err(), "{weak}");
        }
        for good in [
            "correct horse battery",
            "kd8-2mQx.71ab",
            "ein langes Kennwort",
            "tidal-quay-4711-lamp",
            "salt-marsh-2207-pier",
        ] {
            check("marianne", good).expect(good);
        }
    }

    #[test]
    fn a_long_password_is_judged_in_no_time() {
        let began = std::time::Instant::now();
        for long in ["aB3-".repeat(256), "ab".repeat(512), "é".repeat(500), "password".repeat(128)] {
            let _ = check("eva", &long);
        }
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }
}
