//! The stream of what changes, as server-sent events. It begins with a snapshot, and again after a gap, so a listener
//! is never wrong for long; and it ends when the listener's session does.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::State,
    response::sse::{Event as Message, KeepAlive, Sse},
};
use futures::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Interval, interval},
};
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema, Type};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    current_actor::CurrentActor,
    extract::{ApiError, Params},
};
use crate::{
    domain::{error::Result, event::Event, id::RunId, policy::Permission},
    server::{
        auth::{Actor, Visitor},
        services::runs,
        shares::{STREAMS_PER_PERSON, Stream as Share},
        state::AppState,
    },
};

/// Where it is.
pub const PATH: &str = "/api/v1/events";
/// How often it is made sure that the listener may still listen.
const RECHECK: Duration = Duration::from_secs(4);
/// How often a silent stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The routes of this noun.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(listen))
}

#[derive(Deserialize)]
struct EventQuery {
    #[serde(default)]
    run: Option<RunId>,
}

/// One message, as it is written into the stream.
struct EventMessage;

impl utoipa::PartialSchema for EventMessage {
    fn schema() -> RefOr<Schema> {
        let data = ObjectBuilder::new().schema_type(Type::String).content_media_type("application/json");
        let data = data
            .content_schema(Some(Ref::from_schema_name(<Event as utoipa::ToSchema>::name())))
            .description(Some("An `Event`, as JSON"));
        ObjectBuilder::new().property("data", data).required("data").into()
    }
}

impl utoipa::ToSchema for EventMessage {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((<Event as utoipa::ToSchema>::name().into_owned(), <Event as utoipa::PartialSchema>::schema()));
        <Event as utoipa::ToSchema>::schemas(schemas);
    }
}

/// Listen to what changes
///
/// Server-sent events; the data of each is one `Event`. The first is a snapshot of all runs that have not ended. A
/// person has at most 8 streams open, with all their sessions and tokens: when a ninth is opened, the oldest ends with
/// an event `replaced`.
#[utoipa::path(get, path = "/api/v1/events", tag = "events",
    params(("run" = inline(Option<RunId>), Query, description = "also what this run is transferring, file by file")),
    responses((status = 200, description = "The stream; it does not end by itself", body = EventMessage, content_type = "text/event-stream")))]
async fn listen(
    CurrentActor(actor): CurrentActor,
    Extension(visitor): Extension<Visitor>,
    State(app): State<AppState>,
    Params(query): Params<EventQuery>,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, ApiError> {
    actor.require(Permission::RunsRead)?;
    // Subscribed before the snapshot is taken: nothing falls between them.
    let events = app.events.subscribe();
    let snapshot = runs::snapshot(&actor, &app).await?;
    let first = in_flight(&app, query.run.as_ref());
    let share = app.shares.streams.open(&actor.user_id);
    let listener =
        Listener { app, actor, visitor, run: query.run, events, recheck: interval(RECHECK), share, ended: false };
    let start = stream::iter([Some(snapshot), first].into_iter().flatten().map(|event| message(&event)));
    let rest =
        stream::unfold(listener, |mut listener| async { listener.next().await.map(|message| (message, listener)) });
    Ok(Sse::new(start.chain(rest).map(Ok)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// What a run transfers at the moment at which it begins to be looked at.
fn in_flight(app: &AppState, run: Option<&RunId>) -> Option<Event> {
    let live = app.events.live(run?)?;
    Some(Event::InFlight { id: live.summary.id, files: live.in_flight })
}

fn message(event: &Event) -> Message {
    Message::default().json_data(event).unwrap_or_default()
}

/// What the page of a stream says that a newer one has replaced.
fn replaced() -> Event {
    let message = format!(
        "This page no longer updates: you have opened {STREAMS_PER_PERSON} newer ones. Close some of them, and reload this one."
    );
    Event::Replaced { message }
}

struct Listener {
    app: AppState,
    actor: Actor,
    visitor: Visitor,
    run: Option<RunId>,
    events: Receiver<Arc<Event>>,
    recheck: Interval,
    share: Share,
    /// Whether the last message was sent.
    ended: bool,
}

impl Listener {
    /// The next message; `None` when the stream shall end.
    async fn next(&mut self) -> Option<Message> {
        if self.ended {
            return None;
        }
        loop {
            tokio::select! {
                () = self.app.stopping.cancelled() => return None,
                () = self.share.replaced() => {
                    self.ended = true;
                    return Some(message(&replaced()));
                }
                _ = self.recheck.tick() => {
                    if !self.app.auth.still_valid(&self.actor, &self.visitor).await {
                        return None;
                    }
                }
                event = self.events.recv() => match event {
                    Ok(event) if self.wants(&event) => return Some(message(&event)),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => {
                        return Some(message(&runs::snapshot(&self.actor, &self.app).await.ok()?));
                    }
                    Err(RecvError::Closed) => return None,
                },
            }
        }
    }

    fn wants(&self, event: &Event) -> bool {
        !matches!(event, Event::InFlight { id, .. } if Some(id) != self.run.as_ref())
    }
}
