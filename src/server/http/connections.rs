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
mod tests {
    use super::*;

    const CAPACITY: Capacity = Capacity { all: 6, per_network: 4, reserve: 2 };

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn connections() -> Connections {
        Connections::new(CAPACITY, TrustedProxies::new(vec!["10.0.0.1/32".parse().expect("a network")]))
    }

    /// One that carries a request of somebody who is signed in, or of a stranger, whose body has come or not.
    fn busy(connections: &Connections, peer: &str, known: bool, body: bool) -> (Arc<Connection>, Seat, Answering) {
        let connection = Arc::new(connections.accept(ip(peer)).expect("a place"));
        let (seat, answering) = Seat::begin(&connection, body);
        if known {
            seat.is_known();
        }
        (connection, seat, answering)
    }

    fn is_cut(connection: &Connection) -> bool {
        connection.cut.is_cancelled()
    }

    #[test]
    fn one_address_with_all_it_has_gives_way_to_itself_and_then_to_others() {
        let connections = connections();
        let flood: Vec<_> = (0..4).map(|_| connections.accept(ip("192.0.2.7")).expect("a place")).collect();
        let fifth = connections.accept(ip("192.0.2.7")).expect("a place of its own address");
        assert!(is_cut(&flood[0]) && !is_cut(&flood[1]) && !is_cut(&fifth));
        let others: Vec<_> =
            ["198.51.100.1", "198.51.100.2"].map(|peer| connections.accept(ip(peer)).expect("a place")).into();
        let third = connections.accept(ip("198.51.100.3")).expect("a place of the flood");
        assert!(is_cut(&flood[1]) && !is_cut(&third) && others.iter().all(|other| !is_cut(other)));
    }

    #[test]
    fn rotated_addresses_of_one_customer_are_one() {
        let connections = connections();
        let flood: Vec<_> =
            (0..5).map(|n| connections.accept(ip(&format!("2001:db8::{n}"))).expect("a place")).collect();
        assert!(is_cut(&flood[0]) && flood[1..].iter().all(|one| !is_cut(one)));
    }

    #[test]
    fn the_longest_wait_for_a_client_ends_first_whatever_it_waits_for() {
        let connections = connections();
        let peer = "192.0.2.7";
        let (slow_body, ..) = busy(&connections, peer, false, true);
        let silent = connections.accept(ip(peer)).expect("a place");
        let (worked_on, seat, _answering) = busy(&connections, peer, false, true);
        seat.is_heard();
        // Somebody new whose head is still to come has waited the least: a flood of slow bodies does not push them out.
        let new = connections.accept(ip(peer)).expect("a place");
        let _next = connections.accept(ip(peer)).expect("a place");
        assert!(is_cut(&slow_body) && !is_cut(&silent) && !is_cut(&new));
        let _next = connections.accept(ip(peer)).expect("a place");
        assert!(is_cut(&silent) && !is_cut(&worked_on) && !is_cut(&new));
        // An answer that is not read is one more wait.
        seat.is_answered();
        for _ in 0..3 {
            let _next = connections.accept(ip(peer)).expect("a place");
        }
        assert!(is_cut(&new) && !is_cut(&worked_on));
    }

    #[test]
    fn a_client_that_sends_a_bit_now_and_then_does_not_become_younger() {
        let connections = connections();
        let peer = "192.0.2.7";
        let connection = Arc::new(connections.accept(ip(peer)).expect("a place"));
        let others: Vec<_> = (0..3).map(|_| connections.accept(ip(peer)).expect("a place")).collect();
        let _request = Seat::begin(&connection, true);
        let _next = connections.accept(ip(peer)).expect("a place");
        assert!(is_cut(&connection) && !others.iter().any(is_cut));
    }

    #[test]
    fn who_is_signed_in_and_waits_goes_after_strangers_and_who_is_answered_never() {
        let connections = connections();
        let (answered, _seat, _answering) = busy(&connections, "192.0.2.1", true, true);
        let (idle, _seat, answering) = busy(&connections, "192.0.2.2", true, false);
        drop(answering);
        let strangers: Vec<_> =
            (0..4).map(|n| connections.accept(ip(&format!("198.51.100.{n}"))).expect("a place")).collect();
        let more: Vec<_> =
            (4..8).map(|n| connections.accept(ip(&format!("198.51.100.{n}"))).expect("a place")).collect();
        assert!(strangers.iter().all(is_cut) && !more.iter().any(is_cut) && !is_cut(&idle) && !is_cut(&answered));
        let known: Vec<_> = (1..=5).map(|n| busy(&connections, &format!("203.0.113.{n}"), true, true)).collect();
        assert!(more.iter().all(is_cut) && is_cut(&idle) && !is_cut(&answered));
        assert!(known.iter().all(|(connection, ..)| !is_cut(connection) && !connection.reserved));
    }

    #[test]
    fn the_reserve_is_for_when_nobody_can_give_way_and_it_ends_too() {
        let connections = connections();
        let held: Vec<_> = (1..=6).map(|n| busy(&connections, &format!("203.0.113.{n}"), true, true)).collect();
        let beyond: Vec<_> = (1..=2).map(|n| busy(&connections, &format!("198.51.100.{n}"), true, true)).collect();
        assert!(
            held.iter().all(|(one, ..)| !one.reserved && !is_cut(one)) && beyond.iter().all(|(one, ..)| one.reserved)
        );
        assert!(connections.accept(ip("198.51.100.3")).is_none(), "the reserve is taken as well");
        // What is beyond somebody's share is as a stranger's: it gives way while its body is heard out.
        beyond[0].1.is_too_much();
        let next = connections.accept(ip("198.51.100.3")).expect("a place in the reserve");
        assert!(is_cut(&beyond[0].0) && !is_cut(&beyond[1].0) && next.reserved);
        let another = connections.accept(ip("198.51.100.4")).expect("that of who does nothing there");
        assert!(is_cut(&next) && !is_cut(&another));
    }

    #[test]
    fn a_trusted_proxy_has_more_than_one_address_and_goes_last() {
        let connections = connections();
        let proxied: Vec<_> = (0..5).map(|_| connections.accept(ip("10.0.0.1")).expect("a place")).collect();
        let stranger = connections.accept(ip("192.0.2.7")).expect("a place");
        let next = connections.accept(ip("192.0.2.8")).expect("a place");
        assert!(is_cut(&stranger) && !is_cut(&next) && !proxied.iter().any(is_cut));
    }

    #[test]
    fn what_has_ended_costs_nothing() {
        let connections = connections();
        for _ in 0..100 {
            drop(busy(&connections, "192.0.2.7", true, false));
        }
        assert!(lock(&connections.table).open.is_empty());
    }
}
