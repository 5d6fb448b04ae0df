//! Secrets that we make: random text, and the hash under which it is stored.
//!
//! They are long and random, so one round of SHA-256 is enough: there is nothing to guess.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// Letters and digits that nobody confuses, as in ULIDs: no I, L, O, U.
pub(super) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What a double click selects as one word.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How every token begins, so that it is recognised where it should not be.
pub const TOKEN_PREFIX: &str = "lsh_";
/// 43 characters of 62 are 256 bits.
const TOKEN_LEN: usize = 43;

/// What a secret is stored as.
pub(super) fn hash(secret: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
}

/// A new token.
pub(super) fn token() -> String {
    format!("{TOKEN_PREFIX}{}", random(BASE62, TOKEN_LEN))
}

/// `len` random characters of `alphabet`, each as likely as every other.
pub(super) fn random(alphabet: &[u8], len: usize) -> String {
    // Bytes from the last, incomplete round of the alphabet would favour its first characters.
    let usable = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(len);
    while text.len() < len {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).expect("the system gives randomness");
        let wanted = len - text.len();
        let chars = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < usable);
        text.extend(chars.take(wanted).map(|byte| char::from(alphabet[byte % alphabet.len()])));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_never_twice_the_same() {
        let (one, other) = (token(), token());
        assert_ne!(one, other);
        assert_eq!(one.len(), TOKEN_PREFIX.len() + TOKEN_LEN);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
        assert_ne!(hash(&one), hash(&other));
        assert!(!hash(&one).contains(&one));
    }
}
