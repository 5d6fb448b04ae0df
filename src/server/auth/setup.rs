//! The first start: there is no default user. Who can read the terminal or the data directory has the code that makes
//! the first admin: 80 random bits, for half an hour, once.

use std::{
    fmt, fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::{
    Auth, Visitor,
    accounts::new_user,
    secret::{self, CROCKFORD},
    session, strength,
};
use crate::{
    domain::{
        audit::Via,
        error::{AppError, Result},
        time::Timestamp,
        user::{Role, validate_username},
    },
    server::store::{
        self,
        audit::{self, Entry},
        users::{self, User},
    },
};

/// In the data directory, readable by its owner only.
const FILE: &str = "setup-code";
const LIFE_MS: i64 = 30 * 60 * 1000;
const GROUPS: usize = 4;
const GROUP: usize = 4;

/// The code, to be shown on the terminal.
#[derive(Clone)]
pub struct SetupCode {
    code: String,
    /// The file that holds it too.
    pub file: PathBuf,
    /// Until when it can be used.
    pub expires_at: Timestamp,
}

impl SetupCode {
    /// The code itself, in groups: `7Q2K-M4ZD-…`. For the terminal, never for the log.
    #[must_use]
    pub fn reveal(&self) -> String {
        let groups: Vec<_> = self.code.as_bytes().chunks(GROUP).map(String::from_utf8_lossy).collect();
        groups.join("-")
    }
}

impl fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SetupCode")
            .field("file", &self.file)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Whether the first admin is still missing, and the code that makes them.
pub(super) struct Setup {
    needed: AtomicBool,
    pending: Mutex<Option<SetupCode>>,
    file: PathBuf,
}

/// What a code that was typed is.
enum Check {
    Right,
    Wrong,
    Expired,
}

impl Setup {
    pub(super) fn new(data_dir: &Path, needed: bool) -> Self {
        let setup = Self { needed: AtomicBool::new(needed), pending: Mutex::default(), file: data_dir.join(FILE) };
        if !needed {
            setup.done();
        }
        setup
    }

    /// The code that is valid now; a new one if there is none.
    fn code(&self, now: Timestamp) -> SetupCode {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = pending.as_ref().filter(|code| now < code.expires_at) {
            return code.clone();
        }
        let code = SetupCode {
            code: secret::random(CROCKFORD, GROUPS * GROUP),
            file: self.file.clone(),
            expires_at: Timestamp(now.0.saturating_add(LIFE_MS)),
        };
        if let Err(error) = write_private(&self.file, &code.reveal()) {
            tracing::error!(%error, file = %self.file.display(), "the setup code could not be written; the terminal shows it");
        }
        *pending = Some(code.clone());
        code
    }

    fn check(&self, typed: &str, now: Timestamp) -> Check {
        let pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        match pending.as_ref() {
            Some(code) if bool::from(code.code.as_bytes().ct_eq(normalise(typed).as_bytes())) => {
                if now < code.expires_at { Check::Right } else { Check::Expired }
            }
            Some(code) if now >= code.expires_at => Check::Expired,
            Some(_) => Check::Wrong,
            None => Check::Expired,
        }
    }

    /// There is a user: the code is worth nothing any more.
    fn done(&self) {
        self.needed.store(false, Ordering::Release);
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).take();
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, file = %self.file.display(), "the file with the used setup code could not be removed");
            }
            _ => {}
        }
    }
}

impl Auth {
    /// Whether the console waits for its first admin.
    #[must_use]
    pub fn setup_needed(&self) -> bool {
        self.0.setup.needed.load(Ordering::Acquire)
    }

    /// The code that makes the first admin, while there is none. A new one when the last has expired, also in the file
    /// `setup-code` of the data directory.
    #[must_use]
    pub fn setup_code(&self) -> Option<SetupCode> {
        self.setup_needed().then(|| self.0.setup.code(self.0.clock.now()))
    }

    /// Makes the first admin and signs them in.
    ///
    /// # Errors
    /// `invalid` with the fields, `rate_limited`, `conflict` when there is a user already.
    pub async fn create_first_admin(
        &self,
        visitor: &Visitor,
        code: &str,
        username: &str,
        password: &str,
        password_again: &str,
    ) -> Result<User> {
        let taken = || AppError::conflict("The first admin exists already. Sign in.");
        if !self.setup_needed() {
            return Err(taken());
        }
        self.0.throttle.setup(visitor.address)?;
        let username = username.trim();
        self.check_setup(code, username, password, password_again)?;

        let hash = self.0.passwords.hash(password).await?;
        let at = self.0.clock.now();
        let mut tx = self.0.store.begin().await?;
        // Of several with the code, the first in this transaction wins.
        if users::any(&mut tx).await? {
            return Err(taken());
        }
        let user = new_user(&mut tx, username, Role::Admin, hash, false, at).await?;
        users::set_signed_in(&mut tx, &user.id, at).await?;
        let entry = Entry::new(at, Via::Setup.as_str(), "user.create")
            .by(Some(user.id), &user.name)
            .from(visitor.address_text())
            .to(&user.name)
            .with(json!({ "role": user.role }));
        audit::insert(&mut tx, &entry).await?;
        let begun = session::begin(&mut tx, visitor, &user.id, at).await?;
        tx.commit().await?;
        self.0.setup.done();
        begun.hand_over(visitor).await?;
        Ok(user)
    }

    /// All that is wrong with the form, at once.
    fn check_setup(&self, code: &str, username: &str, password: &str, password_again: &str) -> Result<()> {
        let mut fields = std::collections::BTreeMap::new();
        match self.0.setup.check(code, self.0.clock.now()) {
            Check::Right => {}
            Check::Wrong => {
                fields.insert("code".to_owned(), "This is not the code shown in the terminal.".to_owned());
            }
            Check::Expired => {
                // Not renewed for a request: only a restart shows that somebody is at the server.
                let problem = "The code has expired. Restart Longshore on the server: it prints a new one.";
                fields.insert("code".to_owned(), problem.to_owned());
            }
        }
        for checked in [validate_username(username), strength::check(username, password)] {
            if let Err(error) = checked {
                fields.extend(error.fields);
            }
        }
        if password != password_again {
            fields.insert("password_again".to_owned(), "The two passwords differ.".to_owned());
        }
        if fields.is_empty() { Ok(()) } else { Err(AppError::invalid_fields(fields)) }
    }

    /// While the console waits for its first admin, the command line may make one: it is another process, so look.
    pub(super) async fn refresh_setup(&self) -> store::Result<()> {
        if self.setup_needed() {
            let mut reader = self.0.store.acquire().await?;
            if users::any(&mut reader).await? {
                self.0.setup.done();
            }
        }
        Ok(())
    }
}

/// As people type it: any case, with or without the groups, and the letters that look like digits.
fn normalise(typed: &str) -> String {
    let typed = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(2 * GROUPS * GROUP);
    typed
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            other => other,
        })
        .collect()
}

/// Always a new file: one that waits there with a wider mode, or a link to elsewhere, is not written to.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        assert_eq!(normalise(" 7q2k-m4zd olI0 "), "7Q2KM4ZD0110");
    }

    #[test]
    fn a_code_is_not_shown_by_accident() {
        let code = SetupCode {
            code: "7Q2KM4ZD7Q2KM4ZD".to_owned(),
            file: PathBuf::from("setup-code"),
            expires_at: Timestamp(0),
        };
        assert_eq!(code.reveal(), "7Q2K-M4ZD-7Q2K-M4ZD");
        assert!(!format!("{code:?}").contains("7Q2K"));
    }
}
