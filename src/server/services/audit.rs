//! Reading the audit log. Each use case writes it, in its own transaction.

use crate::{
    domain::{
        audit::{AuditPage, AuditQuery},
        error::Result,
        policy::Permission,
    },
    server::{auth::Actor, state::AppState, store::audit},
};

/// A page of the log, newest first.
pub async fn list(actor: &Actor, app: &AppState, query: &AuditQuery) -> Result<AuditPage> {
    actor.require(Permission::AuditRead)?;
    query.validate()?;
    Ok(audit::list(&mut *app.store.acquire().await?, query).await?)
}
