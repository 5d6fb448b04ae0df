//! The rules of a transfer's options, for the description of the API.

use utoipa::openapi::{Array, ArrayBuilder, Object, ObjectBuilder, Type};

use super::{PATTERN, PATTERNS};
use crate::domain::value;

/// The rules of a bandwidth limit.
#[must_use]
pub fn bwlimit_schema() -> Object {
    let says = "Bandwidth limit as rclone writes it: `10M` is 10 MiB/s, `1M:2M` is up and down, `Mon-08:00,512k 23:00,off` is a timetable.";
    text(says, value::BANDWIDTH_PATTERN, value::LONGEST_TIMETABLE, "10M")
}

/// The rules of one rate.
#[must_use]
pub fn rate_schema() -> Object {
    text(
        "A rate as rclone writes it: `10M` is 10 MiB/s, `1M:2M` is up and down, `off` is no limit.",
        value::RATE_PATTERN,
        value::LONGEST,
        "10M",
    )
}

/// The rules of a size.
#[must_use]
pub fn size_schema() -> Object {
    text(
        "A size as rclone writes it: `10M` is 10 MiB, `512` is 512 KiB, `100B` is 100 bytes.",
        value::SIZE_PATTERN,
        value::LONGEST,
        "10M",
    )
}

/// The rules of an age.
#[must_use]
pub fn age_schema() -> Object {
    text("An age as rclone writes it: `30d`, `1h30m`, or a date.", value::AGE_PATTERN, value::LONGEST, "30d")
}

/// The rules of a list of patterns.
#[must_use]
pub fn patterns_schema() -> Array {
    let pattern = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(PATTERN));
    let pattern = pattern.pattern(Some(r"^[^\x00\n\r]+$")).examples(["*.tmp"]);
    ArrayBuilder::new()
        .items(pattern)
        .max_items(Some(PATTERNS))
        .description(Some(
            "Patterns as rclone writes them: `*.tmp` is all such files, `/cache/**` a folder at the top.",
        ))
        .examples([serde_json::json!(["*.tmp"])])
        .build()
}

fn text(description: &str, rule: &str, longest: usize, example: &str) -> Object {
    let text = ObjectBuilder::new().schema_type(Type::String).description(Some(description));
    text.pattern(Some(rule)).max_length(Some(longest)).examples([example]).build()
}
