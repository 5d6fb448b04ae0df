//! What the databases spell differently, once each.

use sqlx::{QueryBuilder, Sqlite};

/// Whether a column contains a text: `$1` and so on.
macro_rules! contains {
    ($column:literal, $text:literal) => {
        concat!("instr(", $column, ", ", $text, ") > 0")
    };
}

pub(super) use contains;

/// The same in a statement that is put together: the text is bound.
pub(super) fn push_contains(sql: &mut QueryBuilder<Sqlite>, column: &'static str, text: String) {
    sql.push("instr(").push(column).push(", ").push_bind(text).push(") > 0");
}
