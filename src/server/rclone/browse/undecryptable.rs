//! Names that an encrypting remote leaves out of a listing, because it cannot decrypt them: with another password that
//! is all of them, and the folder looks empty.

use std::time::Duration;

use serde_json::json;

use crate::{
    domain::location::Location,
    server::rclone::{
        config::wrap,
        error::RcloneError,
        manager::Rclone,
        wire::{self, conf::Section},
    },
};

/// How many remotes that wrap one another are looked at.
const STEPS: usize = 32;

impl Rclone {
    /// How many names of a folder are left out; 0 where nothing is encrypted. rclone tells the number only where it may
    /// fail because of them, so it is asked once more.
    pub async fn undecryptable(&self, location: &Location, limit: Duration) -> Result<u64, RcloneError> {
        let mut count = 0;
        for (name, path) in encrypted(&self.usable().await?, location) {
            let asked = json!({
                "fs": format!("{name},strict_names=true:"), "remote": path,
                "opt": { "noModTime": true, "noMimeType": true }, "_filter": { "FilterRule": ["- **"] },
            });
            match self.0.daemon.call::<wire::Nothing>("operations/list", &asked, limit).await {
                Ok(_) => {}
                Err(RcloneError::Failed { message }) if left_out(&message).is_some() => {
                    count += left_out(&message).unwrap_or_default();
                }
                Err(error) => return Err(error),
            }
        }
        Ok(count)
    }
}

/// The number in rclone's words.
fn left_out(message: &str) -> Option<u64> {
    message.split_once("there were ")?.1.split_once(" undecryptable name errors")?.0.parse().ok()
}

/// The encrypting remotes that a location leads to, and the path in each.
fn encrypted(sections: &[Section], location: &Location) -> Vec<(String, String)> {
    let (mut found, mut waiting, mut steps) = (Vec::new(), vec![location.clone()], 0);
    while let Some(place) = waiting.pop().filter(|_| steps < STEPS) {
        steps += 1;
        let Some(section) = sections.iter().find(|section| !place.is_local() && section.name == place.remote()) else {
            continue;
        };
        match section.kind().as_str() {
            "crypt" => found.push((section.name.clone(), place.path().to_owned())),
            // Which of its parts a path is in is not told here.
            "combine" => {}
            kind => {
                let under = wrap::upstreams(kind, &section.pairs()).unwrap_or_default();
                waiting.extend(
                    under
                        .into_iter()
                        .map(|under| if place.path().is_empty() { under } else { under.join(place.path()) }),
                );
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::rclone::wire::conf::Conf;

    #[test]
    fn encrypting_remotes_are_found_through_what_wraps_them() {
        let text = "[s]\ntype = s3\n[c]\ntype = crypt\nremote = s:k\n[a]\ntype = alias\nremote = c:x\n[u]\ntype = union\nupstreams = a: s:\n[l]\ntype = alias\nremote = l:\n";
        let sections = Conf::parse(text).expect("plain").sections;
        let found = |text: &str| encrypted(&sections, &Location::parse(text).expect("a location"));
        for (location, expected) in [
            ("s:k", None),
            ("/srv", None),
            ("l:", None),
            ("c:", Some("")),
            ("c:y", Some("y")),
            ("a:y", Some("x/y")),
            ("u:y", Some("x/y")),
        ] {
            let paths: Vec<_> = found(location).into_iter().map(|(_, path)| path).collect();
            assert_eq!(paths, expected.into_iter().collect::<Vec<_>>(), "{location}");
        }
    }

    #[test]
    fn the_number_is_read_from_what_rclone_says() {
        assert_eq!(
            left_out("there were 12 undecryptable name errors. first error: x: undecryptable file name detected: y"),
            Some(12)
        );
        assert_eq!(left_out("directory not found"), None);
    }
}
