//! Which of some names are in a place, filters or not: asked one by one when they are few, else in one listing that is
//! read as it comes.

use std::{ffi::OsString, process::Stdio, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

use super::{command, comparison::NameSearch};
use crate::{
    domain::{location::Location, transfer::TransferOptions},
    server::rclone::{
        error::{During as _, RcloneError, text},
        manager::Rclone,
        program::{args, exit_code, probe, sandbox::Reach, spawn::Process},
        rc::client::SLOW,
        wire,
    },
};

/// So many names are asked one by one: a listing of a large place takes longer.
pub const FEW: usize = 20;
/// How many of them at once.
const AT_ONCE: usize = 4;
/// rclone's exit code when the place itself is not there.
const NOT_THERE: i32 = 3;
/// How much of its errors is read, in bytes.
const MAX_ERROR_BYTES: u64 = 4 << 20;

/// What rclone says of a remote (`operations/fsinfo`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// It can move a file where it lies. Where it cannot, rclone copies and then deletes.
    pub moves: bool,
    /// It knows folders without files.
    pub empty_folders: bool,
    /// It takes upper and lower case for the same.
    pub folds_case: bool,
}

impl Rclone {
    /// What the remote of a location can do.
    pub async fn traits(&self, location: &Location) -> Result<Traits, RcloneError> {
        self.prepare([location]).await?;
        let asked = json!({ "fs": args::target(location) });
        let info: wire::FsInfo = self.0.daemon.call("operations/fsinfo", &asked, SLOW).await?;
        let features = info.features;
        Ok(Traits {
            moves: features.moves,
            empty_folders: features.can_have_empty_directories,
            folds_case: features.case_insensitive,
        })
    }

    /// Asks for each of `names` in `place`, and notes in `wanted` which are there.
    pub async fn ask_for(
        &self,
        place: &Location,
        names: Vec<String>,
        suffix: &str,
        wanted: &mut NameSearch,
    ) -> Result<(), RcloneError> {
        self.prepare([place]).await?;
        let fs = args::target(place);
        let asked = names.into_iter().map(|name| {
            let name = format!("{name}{suffix}");
            let asked = json!({ "fs": fs, "remote": name });
            async move {
                match self.0.daemon.call::<wire::Stat>("operations/stat", &asked, SLOW).await {
                    Ok(answer) => Ok(answer.item.map(|_| name)),
                    Err(RcloneError::NotFound) => Ok(None),
                    Err(error) => Err(error),
                }
            }
        });
        let found: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).try_collect().await?;
        found.into_iter().flatten().for_each(|name| wanted.saw(&name));
        Ok(())
    }

    /// Lists `place` without filters, and notes in `wanted` what is there. Of `options` only counts how the remote is
    /// talked to. A folder that cannot be read may hold anything.
    ///
    /// # Errors
    /// [`RcloneError::Timeout`] when it says nothing for `patience`.
    pub async fn list_for(
        &self,
        place: &Location,
        options: &TransferOptions,
        wanted: &mut NameSearch,
        patience: Duration,
    ) -> Result<(), RcloneError> {
        self.prepare([place]).await?;
        let args = command::names(place, options, self.0.store.working());
        let unread = self
            .lines(args, patience, |line| {
                if let Ok(item) = serde_json::from_slice::<wire::Named<'_>>(line) {
                    wanted.saw(&item.path);
                }
            })
            .await?;
        unread.iter().for_each(|folder| wanted.cannot_see(folder));
        Ok(())
    }

    /// Runs an rclone that lists as JSON, and takes each entry as it comes. The folders that it could not read.
    ///
    /// # Errors
    /// [`RcloneError::Timeout`] when it says nothing for `patience`.
    pub(in crate::server::rclone) async fn lines(
        &self,
        args: Vec<OsString>,
        patience: Duration,
        mut each: impl FnMut(&[u8]),
    ) -> Result<Vec<String>, RcloneError> {
        let binary = self.0.binary()?;
        let reach = Reach::Sandbox(self.0.sandboxes.reader().await?);
        let process = Process { umask: Some(0o077), ..Process::new(binary.path, args, args::environment(), reach) };
        let streams = |command: &mut tokio::process::Command| {
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        };
        let mut child = self.0.spawner.spawn(process, streams).await.during("could not start rclone")?;
        let broken = || RcloneError::Broken("rclone has no output".into());
        let (out, err) = (child.stdout.take().ok_or_else(broken)?, child.stderr.take().ok_or_else(broken)?);
        let read = async {
            let mut lines = BufReader::with_capacity(64 << 10, out).split(b'\n');
            loop {
                let line =
                    tokio::time::timeout(patience, lines.next_segment()).await.map_err(|_| RcloneError::Timeout)?;
                let Some(line) = line.during("could not read what rclone lists")? else { return Ok(()) };
                each(line.strip_suffix(b",").unwrap_or(&line));
            }
        };
        let errors = async {
            let (mut text, mut err) = (Vec::new(), err);
            let _ = (&mut err).take(MAX_ERROR_BYTES).read_to_end(&mut text).await;
            let _ = tokio::io::copy(&mut err, &mut tokio::io::sink()).await;
            text
        };
        // Dropped on an error, the child is killed.
        let (read, errors): (Result<(), RcloneError>, _) = tokio::join!(read, errors);
        read?;
        let status = child.wait().await.during("could not wait for rclone")?;
        if exit_code::is_success(status.code()) || status.code() == Some(NOT_THERE) {
            return Ok(Vec::new());
        }
        let errors = String::from_utf8_lossy(&errors);
        unread(&errors).ok_or_else(|| text::error(&probe::why(&errors), &[]))
    }
}

/// The folders that could not be read, when nothing else went wrong.
fn unread(errors: &str) -> Option<Vec<String>> {
    let lines = errors.lines().filter_map(|line| serde_json::from_str::<wire::Complaint>(line).ok());
    let folders: Option<Vec<_>> = lines.filter(|line| line.level == "error").map(wire::Complaint::folder).collect();
    folders.filter(|folders| !folders.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_read_is_known_by_its_name_and_a_place_that_fails_is_not_one() {
        let line = |level: &str, object: &str, kind: &str| {
            json!({ "level": level, "object": object, "objectType": kind, "msg": "error listing: permission denied" })
                .to_string()
                + "\n"
        };
        let folder = line("error", "lost+found", "string");
        let end = line("notice", "", "");
        assert_eq!(unread(&(folder.clone() + &end)), Some(vec!["lost+found".to_owned()]));
        for failed in [
            "plain text".to_owned(),
            end,
            line("error", "", "string"),
            folder + &line("error", "S3 bucket b", "*s3.Fs"),
        ] {
            assert_eq!(unread(&failed), None, "{failed}");
        }
    }
}
