//! Who is signed in, from the context, and what they may do.

use leptos::prelude::*;

use crate::domain::{error::AppError, policy::Permission, user::Me};

/// Who is signed in; `None` on the pages in front of the console. In the context, for pages too.
#[derive(Clone, Copy)]
pub struct Session(pub Resource<Result<Option<Me>, AppError>>);

impl Session {
    /// The session of this console.
    #[must_use]
    pub fn current() -> Self {
        expect_context()
    }

    /// Whether the person who is signed in may do this, once that is known. What waits this way is drawn again when
    /// the session is read again: it is for the frame, which stays while people come and go.
    pub async fn may(self, permission: Permission) -> bool {
        self.0.await.ok().flatten().is_some_and(|me| me.role.may(permission))
    }

    /// Waits until it is known who is signed in, so that [`use_permission`] can answer. A view that waits this way is
    /// not drawn again when the session is read again: it may hold what a person has typed. Wait for the view's own
    /// data first: right after the sign-in the session is not being read yet.
    pub async fn known(self) {
        let _ = ScopedFuture::new_untracked(async move { self.0.await }).await;
    }
}

/// Whether the person who is signed in may do this. For views that are drawn once the session is known: what
/// `components::load` shows, and what waits for [`Session::known`].
#[must_use]
pub fn use_permission(permission: Permission) -> bool {
    let Session(me) = Session::current();
    me.with_untracked(|me| matches!(me, Some(Ok(Some(me))) if me.role.may(permission)))
}
