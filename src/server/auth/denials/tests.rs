//! Tests of `denials`.

use super::*;

fn key(n: usize, user: Option<&str>) -> Key {
    let user = user.map(|user| user.parse().expect("an id"));
    Key { user, network: None, kind: "forbidden", route: format!("GET /{n}") }
}

fn row() -> Row {
    Row { user_id: None, user: String::new(), via: Via::Session, address: None, why: "no".to_owned() }
}

#[test]
fn the_same_is_one_row_and_a_sum() {
    let denials = Denials::default();
    for n in 0..1000 {
        let (_, first, before) = denials.count(key(1, None), row(), Timestamp(n));
        assert_eq!((first.is_some(), before.is_some()), (n == 0, false));
    }
    assert!(denials.take(Timestamp(59_999), false).is_empty());
    let (_, first, before) = denials.count(key(1, None), row(), Timestamp(60_000));
    assert!(first.is_some());
    assert_eq!(before.map(|sum| (sum.more, sum.since)), Some((999, Timestamp(0))));
    denials.count(key(1, None), row(), Timestamp(60_001));
    let over = denials.take(Timestamp(60_002), true);
    assert_eq!(over.iter().map(|(_, sum)| sum.more).collect::<Vec<_>>(), [1]);
    assert!(denials.take(Timestamp(999_999), true).is_empty());
}

#[test]
fn who_makes_up_routes_fills_neither_memory_nor_the_log_and_hides_nobody() {
    let denials = Denials::default();
    let firsts = (0..20_000).filter(|n| denials.count(key(*n, None), row(), Timestamp(0)).1.is_some()).count();
    assert_eq!(firsts, UNKNOWN_MAX + 1);
    let eva = Some("01JD3Z6N9V4M2K8Q7W5X1T0R3S");
    assert!(denials.count(key(0, eva), row(), Timestamp(0)).1.is_some());
    let firsts = (1..20_000).filter(|n| denials.count(key(*n, eva), row(), Timestamp(0)).1.is_some()).count();
    assert_eq!(firsts, KNOWN_MAX);
    assert!(denials.0.lock().expect("whole").len() <= UNKNOWN_MAX + KNOWN_MAX + 2);
    denials.take(Timestamp(60_000), false);
    assert!(denials.0.lock().expect("whole").is_empty());
}

#[test]
fn a_route_holds_no_id_and_is_short() {
    assert_eq!(route("GET", "/api/v1/runs/01JD3Z6N9V4M2K8Q7W5X1T0R3S/log", true), "GET /api/v1/runs/{id}/log");
    assert_eq!(route("POST", "/api/v1/runs/x/y/z/0/1/2", false), "POST /api/v1/runs");
    assert_eq!(route("GET", "/", false), "GET /");
    assert!(route("GET", &format!("/{}", "x/".repeat(5000)), true).len() < 100);
    assert!(
        route("GET", &"/x".repeat(5000), false).len() < 50
            && route("GET", &format!("/{}", "y".repeat(5000)), true).len() < 100
    );
}
