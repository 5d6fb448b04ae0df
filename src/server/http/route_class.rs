//! What kind of exchange a route is: it decides what a request may send, and which shared limits it uses. A new kind is
//! a variant and its limits.

use std::time::Duration;

use super::events;
use crate::server::auth::Activity;

/// The kind of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteClass {
    /// What is read whole and answered at once: a page, a form, JSON.
    Form,
    /// An answer that goes on until one side ends it. Asking for it sends no more than a form does.
    Stream,
}

/// What a body may be.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimits {
    /// Most bytes of it.
    pub bytes: u64,
    /// How much is heard and thrown away of a body that is too large. Many clients send everything before they listen:
    /// the answer would be lost to them with the connection.
    pub heard: u64,
    /// How long it may take as a whole, of somebody of whom nothing is known: it is a name and a password. A pause
    /// between two bytes alone could be repeated for ever.
    pub unknown: Duration,
    /// The same of somebody who is signed in.
    pub known: Duration,
}

impl BodyLimits {
    /// Of a form.
    pub const FORM: Self =
        Self { bytes: 1 << 20, heard: 16 << 20, unknown: Duration::from_secs(10), known: Duration::from_secs(30) };
}

impl RouteClass {
    /// Of the route at this path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        if path == events::PATH { Self::Stream } else { Self::Form }
    }

    /// What its requests may send.
    #[must_use]
    pub const fn body(self) -> BodyLimits {
        match self {
            Self::Form | Self::Stream => BodyLimits::FORM,
        }
    }

    /// Whether it counts among the requests that one person has at once. Streams have a bound of their own.
    #[must_use]
    pub const fn is_counted(self) -> bool {
        match self {
            Self::Form => true,
            Self::Stream => false,
        }
    }

    /// Whether it keeps a session alive. A page that is only left open listens to a stream.
    #[must_use]
    pub const fn activity(self) -> Activity {
        match self {
            Self::Form => Activity::Use,
            Self::Stream => Activity::Idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stream_of_events_is_a_stream() {
        assert_eq!(RouteClass::of("/api/v1/events"), RouteClass::Stream);
        for path in ["/", "/login", "/api/v1/runs", "/api/v1/events/", "/api/v1/eventsx", "/API/v1/events", "/events"] {
            assert_eq!(RouteClass::of(path), RouteClass::Form, "{path}");
        }
    }

    #[test]
    fn no_class_takes_more_than_it_did() {
        for class in [RouteClass::Form, RouteClass::Stream] {
            let BodyLimits { bytes, heard, unknown, known } = class.body();
            assert_eq!((bytes, heard), (1 << 20, 16 << 20), "{class:?}");
            assert_eq!((unknown.as_secs(), known.as_secs()), (10, 30), "{class:?}");
        }
    }
}
