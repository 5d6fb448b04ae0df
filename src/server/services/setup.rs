//! The first start: the first admin.

use crate::{
    domain::error::Result,
    server::{auth::Visitor, state::AppState},
};

/// Makes the first admin, with the code that the terminal printed, and signs in.
pub async fn create_admin(
    visitor: &Visitor,
    app: &AppState,
    code: String,
    username: String,
    password: String,
    password_again: String,
) -> Result<()> {
    app.auth.create_first_admin(visitor, &code, &username, &password, &password_again).await.map(|_| ())
}
