//! The commands of the program: serve, or do one thing and exit. An error is one sentence on standard error and a
//! non-zero exit code.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _},
    process::ExitCode,
};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{
    auth::Auth,
    config::{Admin, Command, NewToken, Token, paths::DataDir},
    doctor, http,
    platform::clock::Clock,
    start,
    store::{Store, StoreError},
};
use crate::domain::{password::PASSWORD_MAX, user::Role};

/// What a command can say when it did not work.
type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

/// Does what was asked for.
#[must_use]
pub fn execute(command: Command) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    runtime.block_on(dispatch(command)).unwrap_or_else(|error| fail(error.as_ref()))
}

fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    // Standard error may be gone; the code says enough then.
    let _ = writeln!(io::stderr(), "longshore: {error}");
    ExitCode::FAILURE
}

async fn dispatch(command: Command) -> Outcome {
    match command {
        Command::Serve(config) => start::run(config).await?,
        Command::Shim { .. } => return Err("the shim is started before anything else".into()),
        Command::Admin { command, data } => admin(command, &data).await?,
        Command::Token { command: Token::Create(token) } => create_token(&token).await?,
        Command::Doctor(paths) => {
            let well = doctor::examine(&paths, &mut io::stdout().lock()).await?;
            return Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Openapi { .. } => writeln!(io::stdout(), "{}", http::openapi::description().to_pretty_json()?)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn admin(command: Admin, data: &DataDir) -> Result<(), Box<dyn std::error::Error>> {
    let auth = open(data).await?;
    let password = read_password()?;
    match command {
        Admin::Create { name } => {
            auth.create_user(&name, Role::Admin, &password).await.map_err(|error| error.summary())?;
            writeln!(io::stdout(), "{name} can sign in now.")?;
        }
        Admin::Reset { name } => {
            auth.reset_password(&name, &password).await.map_err(|error| error.summary())?;
            writeln!(io::stdout(), "{name} has a new password, and is signed out everywhere.")?;
        }
    }
    Ok(())
}

async fn create_token(new: &NewToken) -> Result<(), Box<dyn std::error::Error>> {
    let auth = open(&new.data).await?;
    let token =
        auth.create_token(&new.user, &new.name, new.role, new.expires).await.map_err(|error| error.summary())?;
    writeln!(io::stdout(), "{token}")?;
    Ok(())
}

/// The accounts of a data directory. A console that serves it meanwhile is no hindrance: the database is for both.
async fn open(data: &DataDir) -> Result<Auth, Box<dyn std::error::Error>> {
    start::private_umask();
    start::make_data_dir(&data.data_dir)?;
    start::refuse_lost(&data.data_dir, &data.database())?;
    let store = Store::open(&data.database()).await?;
    Ok(Auth::open(store, Clock::system(), &data.data_dir).await.map_err(|error| error.summary())?)
}

/// The first line of standard input. Never an argument: those are for everybody to see.
fn read_password() -> Result<String, Box<dyn std::error::Error>> {
    // A few bytes more than a password and the end of its line may have: what is longer is refused, not cut.
    let mut input = io::BufReader::new(io::stdin().take(PASSWORD_MAX as u64 + 3));
    let mut text = String::new();
    if io::stdin().is_terminal() {
        write!(io::stderr(), "Password: ")?;
        hidden(|| input.read_line(&mut text))?;
        writeln!(io::stderr())?;
    } else {
        input.read_line(&mut text)?;
    }
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Does something while the terminal does not show what is typed.
fn hidden<T>(act: impl FnOnce() -> T) -> T {
    let usual = tcgetattr(io::stdin()).ok();
    let set = |settings: &Termios| {
        // A terminal that cannot hide what is typed still takes it.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, settings);
    };
    if let Some(mut silent) = usual.clone() {
        silent.local_modes.remove(LocalModes::ECHO);
        set(&silent);
    }
    let done = act();
    usual.iter().for_each(set);
    done
}

impl From<StoreError> for start::StartError {
    fn from(source: StoreError) -> Self {
        Self::Store(source)
    }
}
