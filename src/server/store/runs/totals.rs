//! How many runs there are, without reading them: what ended was counted as it ended, and what has not ended is never
//! much.

use sqlx::FromRow;

use super::{
    super::{Connection, Result, StoreError, from_sql},
    row, states,
};
use crate::domain::{operation::Operation, run::state::RunState};

/// One statement, so that a run that ends just now is counted on one of the two sides.
pub(in crate::server::store) const TOTALS: &str = concat!(
    "SELECT operation, state, ended AS runs, bytes FROM run_totals
     UNION ALL
     SELECT operation, state, count(*), 0 FROM runs
      WHERE ended_at IS NULL AND state IN ",
    states::unfinished!(),
    "
      GROUP BY operation, state"
);

/// The runs of one operation that are in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    /// What they do.
    pub operation: Operation,
    /// Where they are in their lives.
    pub state: RunState,
    /// How many.
    pub runs: u64,
    /// Bytes that those that ended transferred, without dry runs.
    pub bytes: u64,
}

#[derive(FromRow)]
struct TotalRow {
    operation: String,
    state: String,
    runs: i64,
    bytes: i64,
}

/// How many runs there are of each operation in each state. Where there is none, there is no row.
pub async fn totals(c: &mut Connection) -> Result<Vec<Total>> {
    let rows: Vec<TotalRow> = sqlx::query_as(TOTALS).fetch_all(c).await?;
    let total = |row: TotalRow| {
        Ok(Total {
            operation: row::operation(&row.operation)?,
            state: RunState::parse(&row.state).ok_or(StoreError::Corrupt("run's state"))?,
            runs: from_sql(row.runs),
            bytes: from_sql(row.bytes),
        })
    };
    rows.into_iter().map(total).collect()
}
