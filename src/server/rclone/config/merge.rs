//! What the master of the configuration and the working copy have in common, and what goes up from the working copy.
//! Pure; files are `store`'s.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Deserialize;

use crate::{
    domain::time::Timestamp,
    server::rclone::wire::conf::{Conf, Section},
};

/// What rclone learns about a server or a session and notes in the working copy. It may stay there; the master does
/// without.
const LEARNED: [&str; 34] = [
    // SFTP.
    "shell_type",
    "md5sum_command",
    "sha1sum_command",
    "crc32sum_command",
    "sha256sum_command",
    "blake3sum_command",
    "xxh3sum_command",
    "xxh128sum_command",
    // Sessions that come of a password, and what belongs to them.
    "auth_token",
    "auth_version",
    "authorization",
    "authorization_expiry",
    "base_folder_uuid",
    "client_access_token",
    "client_refresh_token",
    "client_salted_key_pass",
    "client_uid",
    "cookies",
    "master_key",
    "master_keys",
    "mnemonic",
    "plex_token",
    "private_key",
    "public_key",
    "refresh_token",
    "session_id",
    "token",
    "token_expiry",
    "trust_token",
    "version",
    "web_token",
    // Who that is, and where their files begin.
    "account_id",
    "device_id",
    "root_folder_id",
];

/// The option whose newer value belongs into the master.
pub const TOKEN: &str = "token";

/// Whether the working copy says what the master says, but for what rclone learned.
pub fn agree(master: &Conf, working: &[u8]) -> bool {
    let Ok(working) = Conf::parse(working) else { return false };
    let known = |conf: &Conf| -> BTreeMap<String, BTreeMap<String, String>> {
        let pairs = |section: &Section| {
            let mut pairs = section.own().clone();
            // Learned, unless a person set it.
            let set = master.get(&section.name);
            pairs.retain(|key, _| {
                set.is_some_and(|set| set.own().contains_key(key)) || !LEARNED.contains(&key.as_str())
            });
            pairs
        };
        conf.sections.iter().map(|section| (section.name.clone(), pairs(section))).collect()
    };
    master.sections.len() == working.sections.len() && known(master) == known(&working)
}

/// Takes newer tokens from a working copy into the master. Whether there were any.
pub fn take_tokens(master: &mut Conf, working: &[u8]) -> bool {
    let Ok(working) = Conf::parse(working) else { return false };
    let token = |section: &Section| section.own().get(TOKEN).cloned();
    let newer = |section: &Section| {
        let theirs = working.get(&section.name).and_then(token)?;
        newer(&theirs, token(section).as_deref()).then(|| (section.name.clone(), theirs))
    };
    let taken: Vec<_> = master.sections.iter().filter_map(newer).collect();
    for (name, token) in &taken {
        master.set(name, TOKEN, token);
    }
    !taken.is_empty()
}

/// Takes one remote's token from the configuration of one who renewed it. `base` is what it was made from: whatever
/// came of that is newer, also where it does not tell when it expires. Whether there was any.
pub fn take_renewed(master: &mut Conf, renewed: &[u8], name: &str, base: &str) -> bool {
    let token = |conf: &Conf| conf.get(name).and_then(|section| section.own().get(TOKEN).cloned());
    let Some(theirs) = Conf::parse(renewed).ok().and_then(|conf| token(&conf)) else { return false };
    let ours = token(master);
    let read = |text: &str| serde_json::from_str::<Token>(text).ok();
    let is_new = match (read(&theirs), read(base)) {
        (Some(theirs), Some(base)) => {
            !theirs.access_token.is_empty()
                && (theirs.access_token, theirs.refresh_token) != (base.access_token, base.refresh_token)
        }
        _ => false,
    };
    let take = is_new && (ours.as_deref() == Some(base) || newer(&theirs, ours.as_deref()));
    if take {
        master.set(name, TOKEN, &theirs);
    }
    take
}

/// The part of a token that tells its age.
#[derive(Deserialize)]
struct Token {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expiry: Option<String>,
}

/// Whether a token is whole and newer than the one we have: it expires later. Of one that does not tell when, or never
/// does, the other one decides: whether that is still good.
fn newer(theirs: &str, ours: Option<&str>) -> bool {
    let read = |text: &str| serde_json::from_str::<Token>(text).ok().filter(|token| !token.access_token.is_empty());
    // Year 1 is how rclone writes that it never expires.
    let expiry =
        |token: &Token| token.expiry.as_deref().and_then(Timestamp::parse).filter(|expiry| *expiry > Timestamp(0));
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| i64::try_from(now.as_millis()).unwrap_or(i64::MAX));
    match (read(theirs), ours.and_then(read)) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(theirs), Some(ours)) => match (expiry(&theirs), expiry(&ours)) {
            (Some(theirs), Some(ours)) => theirs > ours,
            (Some(theirs), None) => theirs > Timestamp(now),
            (None, Some(ours)) => ours < Timestamp(now),
            (None, None) => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_newer_when_it_expires_later_or_the_other_is_no_good() {
        let token = |expiry: &str| format!("{{\"access_token\":\"a\",\"expiry\":\"{expiry}\"}}");
        let (past, future, never) = ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
        for (theirs, ours, expected) in [
            (future, past, true),
            (past, future, false),
            (past, past, false),
            (past, never, false),
            (future, never, true),
            (never, past, true),
            (never, future, false),
            (never, never, false),
        ] {
            assert_eq!(newer(&token(theirs), Some(&token(ours))), expected, "{theirs} {ours}");
        }
        assert!(newer(&token(past), None) && !newer("{", None) && !newer("{\"access_token\":\"\"}", None));
    }
}
