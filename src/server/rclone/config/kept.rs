//! What the test of a remote that is not saved made of its token: a provider may have renewed it then, and the one that
//! was pasted is worth nothing any more. It is kept for as long as somebody may take to save the remote, and never
//! leaves the console.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sha2::{Digest as _, Sha256};

use super::merge::TOKEN;

/// How long one is kept.
const KEEP: Duration = Duration::from_secs(3600);
/// How many are.
const MAX_TOKENS: usize = 256;

/// Tokens by a digest of whose they are and of what was pasted.
#[derive(Default)]
pub(in crate::server::rclone) struct Kept(Mutex<Vec<One>>);

struct One {
    at: Instant,
    digest: [u8; 32],
    token: String,
}

impl std::fmt::Debug for Kept {
    /// Without the tokens.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

/// Which token was pasted, by whom and for what.
#[derive(Clone, Copy)]
pub(in crate::server::rclone) struct Pasted([u8; 32]);

impl Kept {
    /// Puts the newest token in the place of the one that was pasted; which that was, for [`Self::keep`]. `None`
    /// without one.
    pub(in crate::server::rclone) fn renew(
        &self,
        owner: &str,
        kind: &str,
        config: &mut BTreeMap<String, String>,
    ) -> Option<Pasted> {
        let token = config.get_mut(TOKEN)?;
        let mut digest = Sha256::new();
        for part in [owner, kind, token.as_str()] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let digest: [u8; 32] = digest.finalize().into();
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = kept.iter().find(|one| one.digest == digest && one.at.elapsed() < KEEP) {
            token.clone_from(&one.token);
        }
        Some(Pasted(digest))
    }

    /// Keeps what came of the one that was pasted.
    pub(in crate::server::rclone) fn keep(&self, Pasted(digest): Pasted, token: &str) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| one.digest != digest && one.at.elapsed() < KEEP);
        if kept.len() >= MAX_TOKENS {
            kept.remove(0);
        }
        kept.push(One { at: Instant::now(), digest, token: token.to_owned() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_token_takes_the_place_of_the_one_that_was_pasted_for_its_owner_alone() {
        let kept = Kept::default();
        let config = |token: &str| BTreeMap::from([(TOKEN.to_owned(), token.to_owned())]);
        let renewed = |owner: &str, kind: &str| {
            let mut config = config("one");
            kept.renew(owner, kind, &mut config);
            config.remove(TOKEN).expect("a token")
        };
        for newer in ["two", "three"] {
            let pasted = kept.renew("anna", "drive", &mut config("one")).expect("one was pasted");
            kept.keep(pasted, newer);
            assert_eq!(renewed("anna", "drive"), newer);
        }
        assert_eq!((renewed("bert", "drive").as_str(), renewed("anna", "box").as_str()), ("one", "one"));
        assert!(kept.renew("anna", "drive", &mut BTreeMap::new()).is_none());
        for number in 0..MAX_TOKENS + 9 {
            kept.keep(kept.renew("anna", "drive", &mut config(&number.to_string())).expect("pasted"), "x");
        }
        assert_eq!(kept.0.lock().expect("whole").len(), MAX_TOKENS);
    }
}
