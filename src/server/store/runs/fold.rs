//! What a search looks into, made anew where an older version made it: only in lower case, and not without accents.

use sqlx::{FromRow, SqlitePool};

use super::super::{Connection, Result};
use crate::domain::text::fold;

#[derive(FromRow)]
struct Route {
    id: String,
    search_text: String,
    runs: i64,
    first_id: String,
    last_id: String,
}

/// Brings the routes that runs have to the form in which they are searched. Most are in it: of what is ASCII, lower
/// case is all there is to it.
pub(in crate::server::store) async fn fold_routes(writer: &SqlitePool) -> Result<()> {
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let routes: Vec<Route> = sqlx::query_as(
        "SELECT id, search_text, runs, first_id, last_id FROM routes WHERE octet_length(search_text) > length(search_text) ORDER BY id",
    )
    .fetch_all(&mut *transaction)
    .await?;
    for route in routes {
        let text = fold(&route.search_text);
        if text != route.search_text {
            put(&mut transaction, &route, &text).await?;
        }
    }
    Ok(transaction.commit().await?)
}

/// Gives a route its text, or its runs to the route that has it.
async fn put(c: &mut Connection, route: &Route, text: &str) -> Result<()> {
    let other: Option<String> =
        sqlx::query_scalar("SELECT id FROM routes WHERE search_text = $1").bind(text).fetch_optional(&mut *c).await?;
    let Some(other) = other else {
        sqlx::query("UPDATE routes SET search_text = $2 WHERE id = $1").bind(&route.id).bind(text).execute(c).await?;
        return Ok(());
    };
    sqlx::query("UPDATE runs SET route_id = $2 WHERE route_id = $1")
        .bind(&route.id)
        .bind(&other)
        .execute(&mut *c)
        .await?;
    sqlx::query(
        "UPDATE routes
            SET runs = runs + $2,
                first_id = CASE WHEN $3 < first_id THEN $3 ELSE first_id END,
                last_id = CASE WHEN $4 > last_id THEN $4 ELSE last_id END
          WHERE id = $1",
    )
    .bind(&other)
    .bind(route.runs)
    .bind(&route.first_id)
    .bind(&route.last_id)
    .execute(&mut *c)
    .await?;
    sqlx::query("DELETE FROM routes WHERE id = $1").bind(&route.id).execute(c).await?;
    Ok(())
}
