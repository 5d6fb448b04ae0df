//! Tests of `throttle`.

use super::*;
use crate::domain::time::Timestamp;

fn address(text: &str) -> Option<IpAddr> {
    Some(text.parse().expect("an address"))
}

/// How many of 1,000 tries a second apart in one minute are let through.
fn tries(throttle: &Throttle, account: &str, from: impl Fn(u16) -> Option<IpAddr>) -> usize {
    (0..1000).filter(|n| throttle.sign_in(account, from(*n)).is_ok()).count()
}

#[test]
fn one_attacker_runs_dry_and_the_owner_gets_in_from_elsewhere() {
    let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
    assert_eq!(tries(&throttle, "marianne", |_| address("192.0.2.7")), 5);
    throttle.sign_in("Marianne", address("198.51.100.1")).expect("the owner");
}

#[test]
fn many_attackers_share_what_the_account_has_and_a_trusted_address_does_not_care() {
    let clock = Clock::fixed(Timestamp(0));
    let throttle = Throttle::new(&clock);
    throttle.sign_in("marianne", address("198.51.100.1")).expect("the owner");
    throttle.signed_in("marianne", address("198.51.100.1"));
    let botnet = |n: u16| Some(IpAddr::from([203, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]]));
    let mut let_through = 0;
    for _ in 0..60 {
        let_through += tries(&throttle, "marianne", botnet);
        clock.advance(1000);
    }
    assert!(let_through <= 10, "{let_through}");
    throttle.sign_in("marianne", address("198.51.100.1")).expect("the owner again");
}

#[test]
fn a_network_of_ipv6_is_one_address() {
    let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
    let rotated = |n: u16| Some(IpAddr::from([0x2001, 0xdb8, 1, 2, n, n, n, n]));
    assert_eq!(tries(&throttle, "marianne", rotated), 5);
}

#[test]
fn one_address_can_not_try_many_accounts() {
    let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
    let passed = (0..1000).filter(|n| throttle.sign_in(&format!("user{n}"), address("192.0.2.7")).is_ok()).count();
    assert_eq!(passed, 20);
}

#[test]
fn the_wait_is_told_in_seconds_and_is_true() {
    let clock = Clock::fixed(Timestamp(0));
    let throttle = Throttle::new(&clock);
    tries(&throttle, "marianne", |_| None);
    let error = throttle.sign_in("marianne", None).expect_err("too many");
    assert_eq!((error.status(), error.retry_after), (429, Some(20)));
    clock.advance(19_000);
    assert_eq!(throttle.sign_in("marianne", None).expect_err("still").retry_after, Some(1));
    clock.advance(1_000);
    throttle.sign_in("marianne", None).expect("waited");
}

#[test]
fn success_gives_the_tries_back() {
    let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
    for _ in 0..50 {
        throttle.sign_in("marianne", None).expect("signs in");
        throttle.signed_in("marianne", None);
    }
}

#[test]
fn a_flood_of_names_that_are_made_up_locks_nobody_out() {
    let clock = Clock::fixed(Timestamp(0));
    let throttle = Throttle::new(&clock);
    throttle.signed_in("marianne", address("198.51.100.1"));
    let flood = |from: fn(u32) -> Option<IpAddr>, owner: &str| {
        let mut let_in = 0;
        for n in 0..48_000_u32 {
            let _ = throttle.sign_in(&format!("made up {n}"), from(n));
            if n % 2000 == 1999 {
                // 24 times in all, a minute apart.
                clock.advance(60_000);
                let_in += u32::from(throttle.sign_in("marianne", address(owner)).is_ok());
            }
        }
        assert_eq!(let_in, 24, "from {owner}");
    };
    // From one address, and from as many as there are names; the owner where they were before, and where they never
    // were.
    for owner in ["198.51.100.1", "198.51.100.99"] {
        flood(|_| Some(IpAddr::from([192, 0, 2, 7])), owner);
        flood(|n| Some(std::net::Ipv4Addr::from(0xcb00_0000_u32 + n).into()), owner);
    }
}

#[test]
fn what_is_refused_uses_up_nothing_of_the_others() {
    let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
    // The pair refuses most of these: the address has 15 tries left for others, the account one for somebody else.
    assert_eq!(tries(&throttle, "marianne", |_| address("192.0.2.7")), 5);
    let passed = (0..1000).filter(|n| throttle.sign_in(&format!("user{n}"), address("192.0.2.7")).is_ok()).count();
    assert_eq!(passed, 15);
    throttle.sign_in("marianne", address("198.51.100.1")).expect("the owner");
}

#[test]
fn strangers_do_not_use_up_what_who_is_known_has() {
    let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
    throttle.signed_in("marianne", address("198.51.100.1"));
    for n in 0..MAX_KNOWN {
        throttle.signed_in(&format!("person{n}"), address("203.0.113.1"));
    }
    assert!(lock(&throttle.known).pairs.len() <= MAX_KNOWN, "bounded");
    throttle.signed_in("marianne", address("198.51.100.1"));
    tries(&throttle, "marianne", |n| Some(IpAddr::from([203, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]])));
    assert_eq!(tries(&throttle, "marianne", |_| address("198.51.100.1")), 5);
}
