//! The connections that are open, and who waits for whom on each. A new one gets in: when all places are taken, one
//! gives way that has waited the longest for its client, first of the address that has the most. What the console works
//! on, and what carries a request of somebody who is signed in, is never cut off for another.

use std::{
    cmp::Reverse,
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio_util::sync::CancellationToken;

use crate::server::client::{TrustedProxies, network};

/// How many connections there may be.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// In all.
    pub all: usize,
    /// Of one address, or of one /64. A trusted proxy is not held to it: its connections are those of many.
    pub per_network: usize,
    /// Beyond all, when none of those can give way: for people who are signed in, and for `/healthz`.
    pub reserve: usize,
}

struct Entry {
    network: IpAddr,
    proxy: bool,
    /// Whether the next step is the client's: to send a head or a body, or to read an answer.
    waits: bool,
    /// Whether it carries a request of somebody who is signed in; and whether it ever did.
    known: bool,
    was_known: bool,
    /// When it was accepted, or last began to wait: the oldest gives way first.
    since: u64,
    cut: CancellationToken,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Entry>,
}

/// All of them.
pub struct Connections {
    capacity: Capacity,
    proxies: TrustedProxies,
    table: Arc<Mutex<Table>>,
}

/// One of them. Its place is free when this is dropped.
pub struct Connection {
    table: Arc<Mutex<Table>>,
    number: u64,
    cut: CancellationToken,
    reserved: bool,
}

/// A request on a connection. Each carries it, so that what finds out who asks, and who waits for whom, can say so.
#[derive(Clone)]
pub struct Seat(Arc<Connection>);

/// Notes that an answer has gone out.
pub struct Answering(Seat);

impl Connections {
    /// None is open.
    #[must_use]
    pub fn new(capacity: Capacity, proxies: TrustedProxies) -> Self {
        Self { capacity, proxies, table: Arc::default() }
    }

    /// A place for a connection from `peer`; `None` when there is none, and it must go.
    #[must_use]
    pub fn accept(&self, peer: IpAddr) -> Option<Connection> {
        let (network, proxy) = (network(peer), self.proxies.contains(peer));
        let Capacity { all, per_network, reserve } = self.capacity;
        let mut table = lock(&self.table);
        let own = table.open.values().filter(|entry| entry.network == network).count();
        if !proxy && own >= per_network && !table.give_way(Some(network)) {
            return None;
        }
        if table.open.len() >= all && !table.give_way(None) && table.open.len() >= all + reserve {
            return None;
        }
        let (reserved, number, cut) = (table.open.len() >= all, table.next(), CancellationToken::new());
        let entry =
            Entry { network, proxy, waits: true, known: false, was_known: false, since: number, cut: cut.clone() };
        table.open.insert(number, entry);
        drop(table);
        Some(Connection { table: Arc::clone(&self.table), number, cut, reserved })
    }
}

impl Table {
    fn next(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Cuts one off; `false` when none may be.
    fn give_way(&mut self, of: Option<IpAddr>) -> bool {
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for entry in self.open.values() {
            *counts.entry(entry.network).or_default() += 1;
        }
        let may = |entry: &Entry| entry.waits && !entry.known && of.is_none_or(|network| network == entry.network);
        let first = self.open.iter().filter(|(_, entry)| may(entry)).min_by_key(|(_, entry)| {
            let count = counts.get(&entry.network).copied().unwrap_or(0);
            (entry.was_known, entry.proxy, Reverse(count), entry.since)
        });
        let Some(number) = first.map(|(number, _)| *number) else { return false };
        if let Some(entry) = self.open.remove(&number) {
            entry.cut.cancel();
        }
        true
    }
}

impl Connection {
    /// Waits until it must give way.
    pub async fn cut(&self) {
        self.cut.cancelled().await;
    }

    fn set(&self, change: impl FnOnce(&mut Entry)) {
        let mut table = lock(&self.table);
        let now = table.next();
        if let Some(entry) = table.open.get_mut(&self.number) {
            let waited = entry.waits;
            change(entry);
            // Who only goes on to let us wait does not become younger by it.
            if !waited || !entry.waits {
                entry.since = now;
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.table).open.remove(&self.number);
    }
}

impl Seat {
    /// The head of a request has come. Whether its client has to send a body.
    #[must_use]
    pub fn begin(connection: &Arc<Connection>, body: bool) -> (Self, Answering) {
        connection.set(|entry| entry.waits = body);
        let seat = Self(Arc::clone(connection));
        (seat.clone(), Answering(seat))
    }

    /// The request is of somebody who is signed in.
    pub fn is_known(&self) {
        self.0.set(|entry| (entry.known, entry.was_known) = (true, true));
    }

    /// They have their share already: this request counts as that of a stranger.
    pub fn is_too_much(&self) {
        self.0.set(|entry| entry.known = false);
    }

    /// All of the body has come.
    pub fn is_heard(&self) {
        self.0.set(|entry| entry.waits = false);
    }

    /// The answer is ready, and its client has to read it.
    pub fn is_answered(&self) {
        self.0.set(|entry| entry.waits = true);
    }

    /// Whether it was found to be of somebody who is signed in.
    #[must_use]
    pub fn known(&self) -> bool {
        lock(&self.0.table).open.get(&self.0.number).is_some_and(|entry| entry.known)
    }

    /// Whether it has one of the places reserved for people who are signed in.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.0.reserved
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.set(|entry| (entry.waits, entry.known) = (true, false));
    }
}

/// Nothing that holds this lock can panic.
fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
