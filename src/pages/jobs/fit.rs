//! Which fields each operation has: others are neither shown nor sent.

use crate::domain::operation::Operation;

/// What is asked about an operation.
#[derive(Clone, Copy)]
pub struct Fit {
    /// How files are compared.
    pub checksum: bool,
    /// How many are transferred at once.
    pub transfers: bool,
    /// How quickly.
    pub bandwidth: bool,
    /// Whether empty folders of the source go.
    pub tidy: bool,
    /// How much may be deleted.
    pub max_delete: bool,
    /// Whether it takes away what its filters let through.
    pub removes: bool,
    /// The guards that only a sync has.
    pub sync: bool,
    /// Whether what is replaced or deleted can be kept.
    pub backup: bool,
    /// Whether it is tried again by itself.
    pub retry: bool,
}

impl Fit {
    /// Of an operation.
    #[must_use]
    pub fn of(operation: Operation) -> Self {
        let moves_data = operation.writes_destination();
        Self {
            checksum: moves_data,
            transfers: moves_data,
            bandwidth: operation.has_destination(),
            tidy: operation == Operation::Move,
            max_delete: operation.deletes(),
            removes: operation.removes(),
            sync: operation == Operation::Sync,
            backup: matches!(operation, Operation::Copy | Operation::Sync | Operation::Move),
            retry: operation.is_repeatable(),
        }
    }
}
