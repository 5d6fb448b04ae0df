//! Sizes and rates as rclone reads them.

use std::fmt;

use super::{LONGEST, number::decimal, whole_of};
use crate::domain::format;

/// A size: so many bytes, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(Option<u64>);

impl Size {
    /// No limit.
    pub const OFF: Self = Self(None);

    /// `16Mi`, `1.5G`, `100B`, `off`; a number alone is KiB.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        if text.eq_ignore_ascii_case("off") {
            return Some(Self::OFF);
        }
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let factor = match &text.as_bytes()[number.len()..] {
            [] => 1 << 10,
            [b'b' | b'B'] => 1,
            // Of `KiB` rclone wants the small i.
            [symbol] | [symbol, b'i' | b'I'] | [symbol, b'i', b'b' | b'B'] => 1_u64 << (10 * power(*symbol)?),
            _ => return None,
        };
        #[expect(clippy::cast_precision_loss, reason = "powers of two are exact")]
        let bytes = decimal(number)? * factor as f64;
        whole_of(bytes).and_then(|bytes| u64::try_from(bytes).ok()).map(|bytes| Self(Some(bytes)))
    }

    /// In bytes; `None` of `off`.
    #[must_use]
    pub const fn bytes(self) -> Option<u64> {
        self.0
    }

    /// As the speed of a person's screen: `10 MiB/s`. 0 is no limit either.
    fn speed(self) -> Option<String> {
        self.0.filter(|bytes| *bytes > 0).map(format::speed)
    }
}

/// As rclone reads it, to the byte.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => write!(f, "{bytes}B"),
            None => f.write_str("off"),
        }
    }
}

fn power(symbol: u8) -> Option<u32> {
    (1..).zip(b"KMGTPE").find(|(_, known)| **known == symbol.to_ascii_uppercase()).map(|(power, _)| power)
}

/// Bytes a second, which a running rclone takes at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// To the destination.
    pub up: Size,
    /// From the source.
    pub down: Size,
}

impl Rate {
    /// `10M`, `1M:2M` for up and down, `off`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some((up, down)) => Some(Self { up: Size::parse(up)?, down: Size::parse(down)? }),
            None => Size::parse(text).map(|both| Self { up: both, down: both }),
        }
    }

    /// For a person: `10 MiB/s`, `1 MiB/s up, no limit down`, `no limit`.
    #[must_use]
    pub fn describe(self) -> String {
        let speed = |size: Size| size.speed().unwrap_or_else(|| "no limit".to_owned());
        if self.up.speed() == self.down.speed() {
            speed(self.up)
        } else {
            format!("{} up, {} down", speed(self.up), speed(self.down))
        }
    }
}

/// As rclone reads it, to the byte.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.up, self.down)
    }
}
