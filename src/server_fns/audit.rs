//! The audit log: who did what.

use leptos::{prelude::*, server_fn::codec::GetUrl};

use crate::domain::{
    audit::{AuditPage, AuditQuery},
    error::AppError,
};

/// A page of the log, newest first.
#[server(prefix = "/api/fn", endpoint = "audit/list", input = GetUrl)]
pub async fn list_audit(query: AuditQuery) -> Result<AuditPage, AppError> {
    use crate::server::{call::call, services::audit};
    call(|actor, app| async move { audit::list(&actor, &app, &query).await }).await
}
