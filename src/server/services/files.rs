//! Files: windows and pages of listings, and how much lies somewhere. A provider is asked once; sorting, filtering and
//! paging work on what it said (`listings`), so a folder of 100,000 files answers as fast as a small one while it is
//! looked at.

use std::{ops::Range, sync::Arc, time::Duration};

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::reads;
use crate::{
    domain::{
        error::{AppError, Result},
        event::Event,
        file::{Cursor, Entry, FilePage, FileQuery, Size, TreeQuery},
        location::Location,
        policy::Permission,
    },
    server::{
        auth::Actor,
        error::internal,
        listings::{Kept, Listing, Scope},
        shares::Turn,
        state::AppState,
    },
};

/// Longest filter, in characters.
const FILTER_MAX: usize = 256;
/// Most entries in a window.
const WINDOW_MAX: usize = 500;
/// How long a screen waits for a listing at most. A program waits as long as a call may take at all.
const SCREEN: Duration = Duration::from_secs(30);
/// Most levels of folders that can be asked for by number.
const DEPTH_MAX: u32 = 1000;
/// Most entries of a page of a tree.
const PAGE_MAX: usize = 1000;

/// A window of what lies in a location. The provider is asked when nothing newer than a minute is known, or `refresh`
/// says so.
pub async fn list(actor: &Actor, app: &AppState, query: &FileQuery) -> Result<FilePage> {
    actor.require(Permission::FilesRead)?;
    if query.filter.chars().count() > FILTER_MAX {
        return Err(AppError::invalid("filter", "A filter has at most 256 characters."));
    }
    if query.limit > WINDOW_MAX {
        return Err(AppError::invalid("limit", "At most 500."));
    }
    let limit = SCREEN.min(app.rclone.limit());
    let _turn = app.shares.work.folders.turn(&actor.user_id, limit).await?;
    let location = app.locations.resolve("location", &query.location).await?.location;
    let scope = Scope { location: location.clone(), depth: Some(1) };
    let listing =
        app.listings.get((&app.rclone, &app.clock), &scope, query.refresh, app.shares.memory.folder(), limit).await;
    let (listing, query) = (listing.map_err(|error| error.about("location"))?, query.clone());
    // A large listing takes some milliseconds to sort: not on a thread that serves others.
    tokio::task::spawn_blocking(move || listing.window(location, &query))
        .await
        .map_err(|error| internal("sorting a listing", &error))
}

/// What lies below a location, for a program: whole or in pages, in the order of paths. The provider is asked for the
/// first page; the others are of the listing that it gave, whatever has changed since.
///
/// It holds a turn of this person's until it has been sent.
pub async fn list_tree(actor: &Actor, app: &AppState, query: &TreeQuery) -> Result<Tree> {
    actor.require(Permission::FilesRead)?;
    if query.depth.is_some_and(|depth| !(1..=DEPTH_MAX).contains(&depth)) {
        return Err(AppError::invalid("max_depth", "Between 1 and 1,000."));
    }
    if query.limit.is_some_and(|limit| !(1..=PAGE_MAX).contains(&limit)) {
        return Err(AppError::invalid("limit", "Between 1 and 1,000."));
    }
    let turn = app.shares.work.trees.turn(&actor.user_id, app.rclone.limit()).await?;
    let location = app.locations.resolve("remote_path", &query.location).await?.location;
    let scope = Scope { location, depth: query.depth };
    let listing = tree_listing(app, &scope, query.after.as_ref()).await;
    reads::record(
        app,
        actor,
        "rclone.list",
        &scope.location,
        listing.as_ref().err().map(|error| error.message.as_str()),
    )
    .await?;
    let (listing, after, limit) = (listing?, query.after.clone(), query.limit);
    let (part, next) = {
        let (listing, scope) = (listing.clone(), scope.clone());
        let page = move || page(&listing, &scope, after.as_ref(), limit);
        tokio::task::spawn_blocking(page).await.map_err(|error| internal("sorting a listing", &error))??
    };
    let tree = Tree { location: scope.location.clone(), listing: listing.clone(), part, next, _turn: turn };
    if let Some(Cursor { listing: digest, .. }) = tree.next.clone() {
        app.listings.keep(Kept { scope, digest, listing, used_at: app.clock.now() });
    }
    Ok(tree)
}

/// What lies below a location, in the order of paths, or a part of it. Names are paths below it. Nothing is copied of
/// the listing, and what sends it can do so piece after piece.
pub struct Tree {
    /// What was listed.
    pub location: Location,
    /// Where the next page begins, when there are more after this.
    pub next: Option<Cursor>,
    listing: Arc<Listing>,
    part: Range<usize>,
    _turn: Turn,
}

impl Tree {
    /// So many entries from an index on, or what is left.
    pub fn entries(&self, from: usize, count: usize) -> impl Iterator<Item = &Entry> {
        let begin = self.part.start.saturating_add(from).min(self.part.end);
        let end = begin.saturating_add(count).min(self.part.end);
        self.listing.by_path()[begin..end].iter().filter_map(|index| self.listing.entries.get(*index as usize))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.part.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.part.is_empty()
    }
}

/// The listing of which a page is wanted: the one that the first page was of, when there is a cursor.
async fn tree_listing(app: &AppState, scope: &Scope, after: Option<&Cursor>) -> Result<Arc<Listing>> {
    if let Some(cursor) = after {
        if cursor.place != scope.digest() {
            return Err(AppError::invalid("cursor", "This cursor belongs to another location or depth."));
        }
        if let Some(listing) = app.listings.kept(scope, &cursor.listing, app.clock.now()) {
            return Ok(listing);
        }
    }
    let listing = app
        .listings
        .get((&app.rclone, &app.clock), scope, after.is_none(), app.shares.memory.tree(), app.rclone.limit())
        .await;
    listing.map_err(|error| error.about("remote_path"))
}

/// Which entries come after a cursor, in the order of paths; and the next cursor when there are more.
fn page(
    listing: &Listing,
    scope: &Scope,
    after: Option<&Cursor>,
    limit: Option<usize>,
) -> Result<(Range<usize>, Option<Cursor>)> {
    let order = listing.by_path();
    let begin = match after {
        None => 0,
        Some(cursor) if cursor.listing == listing.digest() => cursor.index.min(order.len()),
        // It was kept for some time, and was not the same when it was asked for anew: an index into it means nothing
        // there.
        Some(_) => {
            return Err(AppError::conflict(
                "The folder has changed since the first page, and its listing is kept for only 10 minutes. Start again without a cursor.",
            ));
        }
    };
    let end = limit.map_or(order.len(), |limit| begin.saturating_add(limit).min(order.len()));
    let more = end < order.len();
    let next = more.then(|| Cursor { place: scope.digest(), listing: listing.digest().to_owned(), index: end });
    Ok((begin..end, next))
}

/// How much lies below a location, counted now.
pub async fn size(actor: &Actor, app: &AppState, location: &str) -> Result<(Location, Size)> {
    actor.require(Permission::FilesRead)?;
    let _turn = app.shares.work.sizes.turn(&actor.user_id, app.rclone.limit()).await?;
    let location = app.locations.resolve("remote_path", location).await?.location;
    let size = app
        .rclone
        .size(&location, app.rclone.limit())
        .await
        .map_err(|error| AppError::from(error).about("remote_path"));
    reads::record(app, actor, "rclone.size", &location, size.as_ref().err().map(|error| error.message.as_str()))
        .await?;
    Ok((location, size?))
}

/// Forgets listings whenever a run ends: it may have changed what lies anywhere. Goes on until the server stops.
pub async fn follow_runs(app: AppState, stopping: CancellationToken) {
    let mut events = app.events.subscribe();
    loop {
        let event = tokio::select! {
            () = stopping.cancelled() => return,
            event = events.recv() => event,
        };
        match event.as_deref() {
            Ok(Event::Run { run }) if run.state.is_final() => app.listings.forget(),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => app.listings.forget(),
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests;
