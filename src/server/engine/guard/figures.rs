//! The result of comparing both sides, in files, counted by name, because rclone's counters count what it does. And
//! which of the names that would be deleted are still in the source.

use std::path::{Path, PathBuf};

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{Engine, GuardOutcome};
use crate::{
    domain::{
        guard::{
            Approved, Guards,
            report::{GuardReason, GuardReport},
        },
        location::Location,
    },
    server::rclone::{
        error::RcloneError,
        program::exit_code,
        run::{
            comparison::{self, Comparison, Fold, NameSearch, Side},
            filters,
            max_delete::{self, Beside, Kept},
            preflight::Plan,
            presence::{FEW, Traits},
            transfer::Transfer,
        },
    },
};

/// rclone's exit code when a place is not there.
const NOT_THERE: i32 = 3;
/// How many names of files that are left out are reported, and how long they may be together, in bytes.
const NAMES: (usize, usize) = (100, 16 << 10);

/// A sync whose comparison lies in `dir`.
pub(super) struct Comparing<'a> {
    pub(super) engine: &'a Engine,
    pub(super) transfer: &'a Transfer,
    pub(super) guards: &'a Guards,
    pub(super) dir: &'a Path,
    pub(super) stop: &'a CancellationToken,
}

impl Comparing<'_> {
    fn file(&self) -> PathBuf {
        self.dir.join(comparison::FILE)
    }

    /// How many files are on which side.
    pub(super) async fn read(&self) -> Result<Comparison, GuardOutcome> {
        let (file, twice) = (self.file(), filters::looks_twice(&self.transfer.options));
        blocking(move || Comparison::read(&file, twice)).await
    }

    /// The figures of `plan`, and what the guards say to them.
    pub(super) async fn judge(
        &self,
        plan: &Plan,
        mut report: GuardReport,
        approved: Option<Approved>,
    ) -> Result<GuardReport, GuardOutcome> {
        let options = &self.transfer.options;
        let found = &plan.comparison;
        if plan.exit_code == Some(NOT_THERE) && found.source() == 0 {
            report.reason = Some(GuardReason::SourceMissing);
            return Ok(report);
        }
        if !exit_code::is_success(plan.exit_code) && !filters::deletes_after_errors(options) {
            // A folder that cannot be read, a network that fails: the run meets it too, and then deletes nothing. What
            // can be copied is. When it does not meet it, nobody has looked at what it would delete.
            report.budget = Some(0);
            report.delete_limit = Some(self.limit(found, 0, 0).await?);
            return Ok(report);
        }
        let deletes = plan.stats.as_ref().map_or(found.extra, |stats| stats.deletes.min(found.extra));
        let renamed = found.extra.saturating_sub(deletes);
        report.source_files = Some(found.source());
        report.destination_files = Some(found.destination());
        report.new_files = Some(found.new.saturating_sub(renamed));
        report.changed_files = Some(found.changed);
        report.renamed_files = Some(renamed).filter(|renamed| *renamed > 0);
        report.transfers = Some(found.new.saturating_sub(renamed) + found.changed);
        report.deletes = Some(deletes);
        report.left_out_is_meant = filters::are_deleted(options);
        if self.is_nowhere(found).await? {
            report.reason = Some(GuardReason::SourceMissing);
            return Ok(report);
        }
        if deletes > 0 && self.has_to_look(&report) {
            let (count, names) = self.left_out().await?;
            (report.left_out, report.left_out_names) = (Some(count), names);
        }
        let report = self.guards.judge(report, options.max_delete, approved);
        if report.reason.is_some() || options.dry_run {
            return Ok(report);
        }
        let limit = self.limit(found, renamed, report.budget.unwrap_or(0)).await?;
        Ok(GuardReport { delete_limit: Some(limit), ..report })
    }

    /// Whether the source is a folder that its provider cannot tell from one that is not there, and nothing is in it:
    /// nor at the destination, or an empty source were what stops it.
    async fn is_nowhere(&self, found: &Comparison) -> Result<bool, GuardOutcome> {
        let source = &self.transfer.source;
        if found.source() > 0 || found.destination() > 0 || self.guards.allow_empty_source || source.is_local() {
            return Ok(false);
        }
        let rclone = &self.engine.0.config.rclone;
        if rclone.traits(source).await?.empty_folders {
            return Ok(false);
        }
        match rclone.list(source).await {
            Ok(entries) => Ok(entries.is_empty()),
            Err(RcloneError::NotFound) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether what would be deleted may still be in the source: where a filter is set, and on a disk, where rclone
    /// leaves out links.
    fn has_to_look(&self, report: &GuardReport) -> bool {
        let may = filters::text(&self.transfer.options).is_some() || self.transfer.source.is_local();
        // Where it is meant, it still tells what is left out from what is lost.
        let meant = self.guards.allow_left_out || report.left_out_is_meant;
        may && (!meant || report.last_source_files.max(report.most_source_files) > report.source_files)
    }

    /// How many of the files that would be deleted are still in the source, and the first of them.
    async fn left_out(&self) -> Result<(u64, Vec<String>), GuardOutcome> {
        let (source, options) = (&self.transfer.source, &self.transfer.options);
        let fold = Fold {
            case: filters::fold_case(options) || self.folds_case().await?,
            unicode: filters::fold_unicode(options),
        };
        let wanted = self.look_for(source, &[Side::Extra], fold, "").await?;
        let file = self.file();
        blocking(move || wanted.found(&file, &[Side::Extra], NAMES.0, NAMES.1)).await
    }

    async fn folds_case(&self) -> Result<bool, GuardOutcome> {
        for place in self.transfer.places().filter(|place| !place.is_local()) {
            if self.engine.0.config.rclone.traits(place).await?.folds_case {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Looks in `place` for the names on these sides.
    async fn look_for(
        &self,
        place: &Location,
        sides: &'static [Side],
        fold: Fold,
        suffix: &str,
    ) -> Result<NameSearch, GuardOutcome> {
        let (rclone, patience) = (&self.engine.0.config.rclone, self.engine.0.config.stall_limit);
        let (file, more) = (self.file(), suffix.to_owned());
        let read = move || Ok((NameSearch::read(&file, sides, fold, &more)?, comparison::few(&file, sides, FEW)?));
        let (mut wanted, few) = blocking(read).await?;
        let looked = async {
            // On a disk a link is not told by its name.
            if let Some(names) = few.filter(|_| !place.is_local()) {
                match rclone.ask_for(place, names, suffix, &mut wanted).await {
                    Ok(()) => return Ok(()),
                    // Not every remote answers for a name in a folder that is not there.
                    Err(error) => tracing::debug!(%error, "could not ask for single names; listing"),
                }
            }
            rclone.list_for(place, &self.transfer.options, &mut wanted, patience).await
        };
        tokio::select! {
            () = self.stop.cancelled() => return Err(GuardOutcome::Stopped),
            looked = looked => match looked {
                Err(RcloneError::Timeout) => return Err(GuardOutcome::Stalled),
                looked => looked?,
            },
        }
        Ok(wanted)
    }

    /// The `--max-delete` of a run that may delete `deletes` files.
    async fn limit(&self, found: &Comparison, renamed: u64, deletes: u64) -> Result<u64, GuardOutcome> {
        let Some(destination) = &self.transfer.destination else { return Ok(deletes) };
        let kept = Kept::of(&self.transfer.options, destination);
        if kept.is_none() && renamed == 0 {
            return Ok(deletes);
        }
        let mut traits = match destination {
            Location::Local(_) => Traits { moves: true, empty_folders: true, folds_case: false },
            Location::Remote(..) => self.engine.0.config.rclone.traits(destination).await?,
        };
        if let (Location::Local(from), Some(Location::Local(to))) = (destination, kept.as_ref().map(|kept| &kept.place))
        {
            traits.moves = max_delete::is_one_disk(Path::new(from), Path::new(to));
        }
        let mut beside = Beside::of(found, renamed, kept.is_some(), traits);
        if let Some(kept) = kept.filter(|_| traits.moves && found.changed + found.extra > 0) {
            beside.kept_before = match &kept.suffix {
                Some(suffix) => {
                    const LOST: &[Side] = &[Side::Changed, Side::Extra];
                    let wanted = self
                        .look_for(&kept.place, LOST, Fold { case: traits.folds_case, unicode: false }, suffix)
                        .await?;
                    let file = self.file();
                    blocking(move || wanted.found(&file, LOST, 0, 0)).await?.0
                }
                None => found.changed + found.extra,
            };
        }
        Ok(beside.limit(deletes))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, GuardOutcome> {
    Ok(spawn_blocking(work).await.map_err(std::io::Error::other)??)
}
