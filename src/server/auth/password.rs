//! Passwords: argon2id, off the threads that answer requests, and only a few at a time.

use std::sync::Arc;

use argon2::{
    Argon2, Params,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;

use crate::{
    domain::{
        error::{AppError, ErrorCode, Result},
        password::PASSWORD_MAX,
    },
    server::error::internal,
};

/// 46 MiB, one pass, one lane: OWASP's choice for argon2id where memory is at hand.
const MEMORY_KIB: u32 = 47_104;
const PASSES: u32 = 1;
const LANES: u32 = 1;
/// Hashed at the same time: each takes a core and the memory above.
const AT_ONCE: usize = 2;
/// Wait or are hashed. More are refused: a queue that grows only makes all wait for nothing.
const QUEUE: usize = 32;

/// Hashes and checks passwords.
pub(super) struct Passwords {
    queue: Arc<Semaphore>,
    workers: Arc<Semaphore>,
    /// What the password of somebody unknown is checked against, so that it takes as long as that of somebody known.
    nobody: String,
}

impl Passwords {
    pub(super) fn new() -> Self {
        // A hash of nothing in particular. Checking against it costs the same, which is all that counts.
        let nobody =
            format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}$bG9uZ3Nob3JlLW5vYm9keQ${}", "A".repeat(43));
        Self { queue: Arc::new(Semaphore::new(QUEUE)), workers: Arc::new(Semaphore::new(AT_ONCE)), nobody }
    }

    /// The hash of a new password, with a salt of its own.
    pub(super) async fn hash(&self, password: &str) -> Result<String> {
        let password = bounded(password)?;
        self.run(move || {
            hasher()?
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|error| internal("a password could not be hashed", &error))
        })
        .await?
    }

    /// Whether the password is the one of this hash. Without a hash it takes as long, and is not.
    pub(super) async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool> {
        let password = bounded(password)?;
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.nobody).to_owned();
        self.run(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| internal("a password could not be hashed", &error))?;
            // The parameters are those of the hash, not ours: a hash from before they changed is checked as it was
            // made.
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known)
        })
        .await?
    }

    /// Whether a hash was made with other parameters than a new one would be.
    pub(super) fn is_outdated(hash: &str) -> bool {
        let params = PasswordHash::new(hash).ok().and_then(|hash| Params::try_from(&hash).ok());
        params.is_none_or(|params| (params.m_cost(), params.t_cost(), params.p_cost()) != (MEMORY_KIB, PASSES, LANES))
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let busy = || {
            AppError::new(
                ErrorCode::Unavailable,
                "Too many people are signing in right now. Try again in a few seconds.",
            )
        };
        let place = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| busy())?;
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| busy())?;
        let work = tokio::task::spawn_blocking(move || {
            // They go with the work, not with the request: one that hangs up does not make room for the next before it
            // is done.
            let _held = (place, worker);
            work()
        });
        work.await.map_err(|error| internal("a password could not be hashed", &error))
    }
}

fn bounded(password: &str) -> Result<String> {
    if password.len() > PASSWORD_MAX {
        return Err(AppError::invalid("password", "A password has at most 1,024 bytes."));
    }
    Ok(password.to_owned())
}

fn hasher() -> Result<Argon2<'static>> {
    Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map(Argon2::from)
        .map_err(|error| internal("a password could not be hashed", &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_fits_its_hash() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse battery").await.expect("hash");
        assert!(hash.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse battery", Some(&hash)).await.expect("verify"));
        assert!(!passwords.verify("correct horse batterz", Some(&hash)).await.expect("verify"));
        assert!(!passwords.verify("correct horse battery", None).await.expect("verify"));
        assert_ne!(passwords.hash("correct horse battery").await.expect("again"), hash);
    }

    #[tokio::test]
    async fn a_password_that_is_too_long_costs_nothing() {
        let long = "x".repeat(PASSWORD_MAX + 1);
        assert_eq!(Passwords::new().verify(&long, None).await.expect_err("too long").status(), 400);
    }

    #[test]
    fn the_hash_of_nobody_costs_what_a_real_one_costs() {
        assert!(!Passwords::is_outdated(&Passwords::new().nobody));
        assert!(Passwords::is_outdated("$argon2id$v=19$m=19456,t=2,p=1$bG9uZ3Nob3JlLW5vYm9keQ$AAAA"));
    }
}
