//! Tests of `crypt`.

use super::{
    super::draft::{Step, step_of},
    *,
};
use crate::domain::provider::groups::rank;

#[test]
fn what_wraps_is_not_encrypted_once_more() {
    let offered = |name: &str| {
        is_offered(&ProviderSummary {
            name: name.to_owned(),
            description: String::new(),
            prefix: String::new(),
            group: rank(name).1,
        })
    };
    assert!(offered("s3") && offered("sftp") && offered("alias"));
    assert!(!offered("local") && !offered("crypt") && !offered("union") && !offered("hasher"));
}

#[test]
fn only_what_was_typed_is_sent_and_a_bucket_has_to_be() {
    let owner = Owner::new();
    owner.with(|| {
        let crypt = Crypt::new();
        assert!(!crypt.is_on());
        assert_eq!(crypt.config().into_keys().collect::<Vec<_>>(), ["filename_encryption"]);
        assert!(crypt.missing(None).is_empty());
        crypt.path.set(" / ".to_owned());
        assert_eq!(crypt.missing(Some("bucket")).into_keys().collect::<Vec<_>>(), ["encrypt_config.remote"]);
        crypt.path.set(" /archive/safe/ ".to_owned());
        crypt.password.set(" with spaces ".to_owned());
        assert!(crypt.missing(Some("bucket")).is_empty());
        assert_eq!(
            (crypt.config()["remote"].as_str(), crypt.config()["password"].as_str()),
            ("archive/safe", " with spaces ")
        );
    });
}

#[test]
fn an_error_leads_to_the_step_of_its_field() {
    let errors = |name: &str, known: &str| {
        let errors = BTreeMap::from([(name.to_owned(), String::new())]);
        sort(errors, |option| option == known).into_keys().map(|name| step_of(&name)).next()
    };
    assert_eq!(errors("password", ""), Some(Step::Encrypt));
    assert_eq!(errors("password", "password"), Some(Step::Connect));
    assert_eq!(errors("encrypt_config.remote", "remote"), Some(Step::Encrypt));
    assert_eq!(errors("endpoint", ""), Some(Step::Connect));
    assert_eq!(errors("name", ""), Some(Step::Finish));
}
