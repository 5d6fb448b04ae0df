//! Tests of `connections`.

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
    let flood: Vec<_> = (0..5).map(|n| connections.accept(ip(&format!("2001:db8::{n}"))).expect("a place")).collect();
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
    let more: Vec<_> = (4..8).map(|n| connections.accept(ip(&format!("198.51.100.{n}"))).expect("a place")).collect();
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
    assert!(held.iter().all(|(one, ..)| !one.reserved && !is_cut(one)) && beyond.iter().all(|(one, ..)| one.reserved));
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
