//! Tests of `work`.

use super::*;

const BOUNDS: Bounds = Bounds { name: "size calls", own: 2, all: 3, own_waiting: 2, all_waiting: 3 };
const LONG: Duration = Duration::from_secs(60);

fn user(n: u8) -> UserId {
    format!("01JD3Z6N9V4M2K8Q7W5X1T0R{n:02}").parse().expect("an id")
}

fn now(line: &Line, user: &UserId) -> Option<Turn> {
    line.join(user).expect("not refused").ok()
}

#[tokio::test]
async fn one_person_has_so_much_and_the_rest_waits_and_then_is_refused_with_words() {
    let line = Line::new(BOUNDS);
    let held = [now(&line, &user(1)).expect("free"), now(&line, &user(1)).expect("free")];
    let waits: Vec<_> = (0..2).map(|_| line.join(&user(1)).expect("room in the line").expect_err("waits")).collect();
    let error = line.turn(&user(1), LONG).await.expect_err("too many");
    assert_eq!((error.status(), error.retry_after), (429, Some(5)));
    assert_eq!(
        error.message,
        "2 of your size calls are running and 2 wait. Wait until some have ended. Try again in 5 s."
    );
    assert_eq!(line.figures(), (2, 2));
    drop(now(&line, &user(2)).expect("somebody else is not held up"));
    drop(held);
    for turn in waits {
        drop(turn.await.expect("a turn"));
    }
    assert_eq!(line.figures(), (0, 0));
    assert!(line.lock().at_work.is_empty());
}

#[tokio::test]
async fn who_has_the_least_at_work_is_next() {
    let line = Line::new(BOUNDS);
    let mut held = vec![
        now(&line, &user(1)).expect("free"),
        now(&line, &user(1)).expect("free"),
        now(&line, &user(2)).expect("free"),
    ];
    let mut greedy = line.join(&user(1)).expect("room in the line").expect_err("waits");
    let mut other = line.join(&user(3)).expect("room in the line").expect_err("waits");
    drop(held.remove(0));
    let turn = other.try_recv().expect("the one with nothing at work, though it came later");
    assert!(greedy.try_recv().is_err());
    drop(turn);
    drop(greedy.try_recv().expect("then the other"));
}

#[tokio::test]
async fn when_all_have_too_much_it_is_nobodys_fault() {
    let line = Line::new(BOUNDS);
    let _held: Vec<_> = (1..=3).map(|n| now(&line, &user(n)).expect("free")).collect();
    let waits: Vec<_> = (4..=6).map(|n| line.join(&user(n)).expect("room in the line").expect_err("waits")).collect();
    let error = line.turn(&user(7), LONG).await.expect_err("full");
    assert_eq!((error.status(), error.retry_after), (503, Some(5)));
    assert!(error.message.starts_with("3 size calls of all people are running and 3 wait."), "{error}");
    // Who hung up makes room, and gets no turn.
    drop(waits);
    let error = line.turn(&user(7), Duration::ZERO).await.expect_err("no time");
    assert_eq!(error.status(), 503);
    assert!(error.message.contains("This one waited for its turn"), "{error}");
}

#[tokio::test]
async fn a_turn_that_nobody_takes_goes_on_to_the_next() {
    let line = Line::new(Bounds { own: 1, all: 1, ..BOUNDS });
    let held = now(&line, &user(1)).expect("free");
    let gone = line.join(&user(2)).expect("room in the line").expect_err("waits");
    let given = line.join(&user(3)).expect("room in the line").expect_err("waits");
    drop(gone);
    drop(held);
    drop(given);
    assert_eq!(line.figures(), (0, 0), "also one that was given and not taken");
    drop(now(&line, &user(4)).expect("free"));
}
