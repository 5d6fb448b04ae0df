//! The write transaction.

use std::ops::{Deref, DerefMut};

use sqlx::{Sqlite, Transaction};

use super::{Connection, Result};

/// The one write transaction: others wait until it ends. Commit it; dropped, it changes nothing.
#[derive(Debug)]
#[must_use = "dropped, it changes nothing"]
pub struct Tx(Transaction<'static, Sqlite>);

impl Tx {
    pub(super) const fn new(transaction: Transaction<'static, Sqlite>) -> Self {
        Self(transaction)
    }

    /// Makes the changes last.
    ///
    /// # Errors
    /// When the database cannot write them, as on a full disk: then nothing was changed.
    pub async fn commit(self) -> Result<()> {
        Ok(self.0.commit().await?)
    }
}

impl Deref for Tx {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}
