//! Points in time as a person reads them: relative up to a day, then a date; the whole on hover. The server knows no
//! zone, so it writes UTC, and so does the first paint; once interactive, the viewer's zone takes over.

use std::time::Duration;

use js_sys::Date;
use leptos::{
    leptos_dom::helpers::{set_interval, set_interval_with_handle},
    prelude::*,
};
use time::OffsetDateTime;
use wasm_bindgen::JsValue;

use crate::domain::time::Timestamp;

/// How often "4 min ago" is looked at again.
const TICK: Duration = Duration::from_secs(15);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The one clock that all times of a page follow.
#[derive(Clone, Copy)]
struct Now {
    /// The server's time of when the page was made, then the browser's.
    at: RwSignal<Option<Timestamp>>,
    /// Whether the page is interactive: then the viewer's zone is known.
    here: RwSignal<bool>,
}

/// Starts the clock. The server puts its time, a [`Timestamp`], into the context; the browser finds it in the page, so
/// that both write the same until the page is `hydrated`.
pub fn provide_now(hydrated: Signal<bool>) {
    let made = SharedValue::new(use_context::<Timestamp>).into_inner();
    let now = Now { at: RwSignal::new(made), here: RwSignal::new(false) };
    provide_context(now);
    Effect::new(move |_| {
        if !hydrated.get() {
            return;
        }
        let tick = move || now.at.set(Some(Timestamp(Date::now() as i64)));
        tick();
        now.here.set(true);
        set_interval(tick, TICK);
    });
}

/// A point in time.
#[must_use]
pub fn time(at: Timestamp) -> AnyView {
    let clock = use_context::<Now>();
    let now = move || clock.and_then(|clock| clock.at.get());
    let written = move |now: Option<Timestamp>| {
        let here = clock.is_some_and(|clock| clock.here.get());
        let offset = if here { offset(at) } else { 0 };
        format!("{}{}", date(at, offset, now), if here { "" } else { " UTC" })
    };
    let text = move || {
        let now = now();
        now.and_then(|now| relative(at, now)).unwrap_or_else(|| written(now))
    };
    view! { <time datetime=at.rfc3339() title=move || written(None)>{text}</time> }.into_any()
}

/// Milliseconds until `at`, each second anew; `None` once it is past.
#[must_use]
pub fn left(at: Timestamp) -> Memo<Option<u64>> {
    let clock = use_context::<Now>();
    let second = RwSignal::new(None::<Timestamp>);
    Effect::new(move |_| {
        if !clock.is_some_and(|clock| clock.here.get()) {
            return;
        }
        let look = move || {
            let _ = second.try_set(Some(Timestamp(Date::now() as i64)));
        };
        look();
        if let Ok(timer) = set_interval_with_handle(look, SECOND) {
            on_cleanup(move || timer.clear());
        }
    });
    Memo::new(move |_| {
        let now = second.get().or_else(|| clock.and_then(|clock| clock.at.get()))?;
        Some(at.millis_since(now)).filter(|left| *left > 0)
    })
}

/// `in 40 s`, `in 12 min`; `now` once it is there.
#[must_use]
pub fn until(left: Option<u64>) -> String {
    match left.map(|left| left.div_ceil(1000)) {
        None => "now".to_owned(),
        Some(seconds @ 0..100) => format!("in {seconds} s"),
        Some(seconds) => format!("in {} min", seconds.div_ceil(60)),
    }
}

/// Minutes that the viewer's zone was ahead of UTC then.
fn offset(at: Timestamp) -> i64 {
    -(Date::new(&JsValue::from_f64(at.0 as f64)).get_timezone_offset() as i64)
}

/// `23 Nov 2026, 14:02`; without the year when it is the one of `now`.
fn date(at: Timestamp, offset_minutes: i64, now: Option<Timestamp>) -> String {
    let shift = |at: Timestamp| {
        OffsetDateTime::from_unix_timestamp(at.0.div_euclid(1000).saturating_add(offset_minutes * 60)).ok()
    };
    let Some(time) = shift(at) else { return at.rfc3339() };
    let month = MONTHS[usize::from(u8::from(time.month())) - 1];
    let year = if now.and_then(shift).is_some_and(|now| now.year() == time.year()) {
        String::new()
    } else {
        format!(" {}", time.year())
    };
    format!("{} {month}{year}, {:02}:{:02}", time.day(), time.hour(), time.minute())
}

/// `25 Oct` of `2026-10-25`; anything else as it is.
#[must_use]
pub fn day(date: &str) -> String {
    let mut parts = date.splitn(3, '-').skip(1);
    let month =
        parts.next().and_then(|month| month.parse::<usize>().ok()).and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    match (month, parts.next()) {
        (Some(month), Some(day)) => format!("{} {month}", day.trim_start_matches('0')),
        _ => date.to_owned(),
    }
}

/// `just now`, `4 min ago`, `3 h ago`; `None` after a day. The clocks of two machines differ: a moment ahead is now.
fn relative(at: Timestamp, now: Timestamp) -> Option<String> {
    if at > now {
        return (at.millis_since(now) < MINUTE).then(|| "just now".to_owned());
    }
    match now.millis_since(at) {
        0..MINUTE => Some("just now".to_owned()),
        past @ MINUTE..HOUR => Some(format!("{} min ago", past / MINUTE)),
        past @ HOUR..DAY => Some(format!("{} h ago", past / HOUR)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_763_906_531_250);

    #[test]
    fn a_date_is_written_in_the_zone_it_is_given() {
        assert_eq!(date(NOON, 0, None), "23 Nov 2025, 14:02");
        assert_eq!(date(NOON, 600, None), "24 Nov 2025, 00:02");
        assert_eq!(date(Timestamp(i64::MIN), -720, None), Timestamp(i64::MIN).rfc3339());
    }

    #[test]
    fn this_year_is_not_said() {
        assert_eq!(date(NOON, 0, Some(Timestamp(NOON.0 + 86_400_000))), "23 Nov, 14:02");
        assert_eq!(date(NOON, 0, Some(Timestamp(NOON.0 + 40 * 86_400_000))), "23 Nov 2025, 14:02");
    }

    #[test]
    fn the_past_is_relative_for_a_day() {
        let ago = |millis: i64| relative(NOON, Timestamp(NOON.0 + millis));
        assert_eq!(ago(-2_000).as_deref(), Some("just now"));
        assert_eq!(ago(59_999).as_deref(), Some("just now"));
        assert_eq!(ago(240_000).as_deref(), Some("4 min ago"));
        assert_eq!(ago(7_200_000).as_deref(), Some("2 h ago"));
        assert_eq!(ago(86_400_000), None);
    }

    #[test]
    fn the_future_is_said_in_one_unit() {
        assert_eq!(
            (until(Some(39_500)), until(Some(840_000)), until(None)),
            ("in 40 s".into(), "in 14 min".into(), "now".into())
        );
    }

    #[test]
    fn a_day_has_a_name() {
        assert_eq!(day("2026-10-05"), "5 Oct");
        assert_eq!(day("never"), "never");
    }
}
