//! Timetables of rates as rclone reads them: the limit of a run over the week.

use super::{LONGEST_TIMETABLE, size::Rate};

/// The days as rclone's timetables begin them.
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// From when on which rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// 0 is Sunday; `None` is every day.
    pub day: Option<usize>,
    /// Minutes since midnight.
    pub minute: u32,
    /// From then on.
    pub rate: Rate,
}

/// A bandwidth limit that a run begins with: one rate, or several with their times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timetable {
    /// The same at all times.
    Always(Rate),
    /// By time of day and day of the week; never empty.
    Slots(Vec<Slot>),
}

impl Timetable {
    /// A rate, or a timetable of them: `Mon-08:00,512k 23:00,off`, with spaces or semicolons between.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST_TIMETABLE {
            return None;
        }
        if !text.contains([' ', ',']) {
            return Rate::parse(text).map(Self::Always);
        }
        let slots: Option<Vec<_>> = text.split([' ', ';']).filter(|word| !word.is_empty()).map(slot).collect();
        slots.filter(|slots| !slots.is_empty()).map(Self::Slots)
    }

    /// The one rate, where there is no other at another time.
    #[must_use]
    pub const fn always(&self) -> Option<Rate> {
        match self {
            Self::Always(rate) => Some(*rate),
            Self::Slots(_) => None,
        }
    }

    /// A limit for a person: `10 MiB/s`; `Mon 08:00 512 KiB/s, 23:00 no limit`. What is not read as one stays as it is.
    #[must_use]
    pub fn describe(text: &str) -> String {
        match Self::parse(text) {
            None => text.to_owned(),
            Some(Self::Always(rate)) => rate.describe(),
            Some(Self::Slots(slots)) => slots.iter().map(Slot::describe).collect::<Vec<_>>().join(", "),
        }
    }
}

impl Slot {
    fn describe(&self) -> String {
        let day = self.day.and_then(|day| DAYS.get(day)).and_then(|day| day.get(..3));
        let day = day.map(|day| format!("{day} ")).unwrap_or_default();
        format!("{day}{:02}:{:02} {}", self.minute / 60, self.minute % 60, self.rate.describe())
    }
}

fn slot(word: &str) -> Option<Slot> {
    let (at, text) = word.split_once(',')?;
    let (day, clock) = match at.split_once('-') {
        Some((day, clock)) => (Some(weekday(day)?), clock),
        None => (None, at),
    };
    let (hours, minutes) = clock.split_once(':')?;
    let two = |text: &str, below: u32| {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|n: &u32| digits && *n < below)
    };
    Some(Slot { day, minute: two(hours, 24)? * 60 + two(minutes, 60)?, rate: Rate::parse(text)? })
}

/// The whole name or its first three letters, in any case.
fn weekday(text: &str) -> Option<usize> {
    DAYS.iter().position(|day| {
        day.eq_ignore_ascii_case(text) || day.get(..3).is_some_and(|short| short.eq_ignore_ascii_case(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_described_as_what_it_limits() {
        for (limit, described) in [
            ("off", "no limit"),
            ("OFF:off", "no limit"),
            ("0", "no limit"),
            ("10M", "10 MiB/s"),
            ("10MiB", "10 MiB/s"),
            ("2.5m", "2.50 MiB/s"),
            ("512", "512 KiB/s"),
            ("100B", "100 B/s"),
            ("1M:off", "1 MiB/s up, no limit down"),
            ("1M:1024k", "1 MiB/s"),
            ("Mon-08:00,512k 23:00,off", "Mon 08:00 512 KiB/s, 23:00 no limit"),
            ("saturday-09:30,1M:2M;sun-00:00,1G", "Sat 09:30 1 MiB/s up, 2 MiB/s down, Sun 00:00 1 GiB/s"),
            ("08:00,1M", "08:00 1 MiB/s"),
            // Not a limit that is taken today; an older version may have kept it.
            ("10MB", "10MB"),
        ] {
            assert_eq!(Timetable::describe(limit), described, "{limit}");
        }
    }
}
