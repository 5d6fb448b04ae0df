//! The arithmetic of the virtual list: which rows are drawn, where, and which part of the listing is asked for next.
//! Knows no DOM; the component measures and draws.

use std::collections::BTreeMap;

use crate::domain::{
    file::{Entry, FilePage},
    time::Timestamp,
};

/// Height of a row in pixels; the style sheet says the same.
pub const ROW: f64 = 36.0;
/// Entries a request asks for, and rows of the first drawing. Fewer than 200, so the DOM stays small.
pub const BLOCK: usize = 160;
/// Rows drawn above and below what is seen, so that scrolling does not outrun the drawing.
const MARGIN: usize = 16;
/// Rows begin at a multiple of this: a small scroll moves none.
const STEP: usize = 8;
/// Most rows that are drawn.
const MAX_ROWS: usize = 180;
/// Browsers cut elements that are taller (the lowest limit is near 17.9 million pixels).
const TALLEST: f64 = 15_000_000.0;
/// Blocks that are remembered.
const KEPT: usize = 12;

/// Where the list is scrolled to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scroll {
    /// Pixels scrolled.
    pub top: f64,
    /// Pixels of rows that are seen at once; 0 before the list was measured.
    pub height: f64,
}

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// Index of the first row.
    pub first: usize,
    /// How many rows.
    pub len: usize,
    /// Where the first row lies, in pixels from the top of all rows.
    pub offset: f64,
}

impl Span {
    /// Whether the row is drawn.
    #[must_use]
    pub const fn holds(&self, index: usize) -> bool {
        index >= self.first && index - self.first < self.len
    }
}

/// Pixels that all rows take.
#[must_use]
pub fn height(total: usize) -> f64 {
    (total as f64 * ROW).min(TALLEST)
}

/// Pixels of rows that one pixel of scrolling passes: 1, until the rows are taller than a browser can draw.
fn stretch(total: usize, seen: f64) -> f64 {
    let (all, drawn) = (total as f64 * ROW, height(total));
    if all > drawn && drawn > seen { (all - seen) / (drawn - seen) } else { 1.0 }
}

/// The rows to draw.
#[must_use]
pub fn span(total: usize, scroll: Scroll) -> Span {
    let top = scroll.top.max(0.0) * stretch(total, scroll.height);
    let seen = (top / ROW) as usize;
    let first = (seen.saturating_sub(MARGIN) / STEP * STEP).min(total.saturating_sub(1) / STEP * STEP);
    let last = ((top + scroll.height) / ROW) as usize + 1 + MARGIN;
    let len = (last.div_ceil(STEP) * STEP).min(total).saturating_sub(first).min(MAX_ROWS);
    Span { first, len, offset: scroll.top - top + first as f64 * ROW }
}

/// Where to scroll so that the row is seen; `None` when it is.
#[must_use]
pub fn reveal(total: usize, scroll: Scroll, index: usize) -> Option<f64> {
    let stretch = stretch(total, scroll.height);
    let (top, row) = (scroll.top * stretch, index as f64 * ROW);
    let wanted = if row < top {
        row
    } else if row + ROW > top + scroll.height {
        row + ROW - scroll.height
    } else {
        return None;
    };
    Some(wanted.max(0.0) / stretch)
}

/// What is known of a listing: blocks of [`BLOCK`] entries, those around the last that was asked for.
#[derive(Clone, Debug)]
pub struct Blocks {
    /// How many entries there are.
    pub matched: usize,
    listed_at: Timestamp,
    blocks: BTreeMap<usize, Vec<Entry>>,
}

impl Blocks {
    /// From the first page.
    #[must_use]
    pub fn new(page: FilePage) -> Self {
        let mut blocks = Self { matched: page.matched, listed_at: page.listed_at, blocks: BTreeMap::new() };
        blocks.put(page);
        blocks
    }

    /// The entry, if it is known.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Entry> {
        self.blocks.get(&(index / BLOCK))?.get(index % BLOCK)
    }

    /// Takes a page in. One of a newer listing makes what was known worthless.
    pub fn put(&mut self, page: FilePage) {
        if page.listed_at != self.listed_at || page.matched != self.matched {
            self.blocks.clear();
            (self.matched, self.listed_at) = (page.matched, page.listed_at);
        }
        let block = page.offset / BLOCK;
        if page.offset.is_multiple_of(BLOCK) {
            self.blocks.insert(block, page.entries);
        }
        while self.blocks.len() > KEPT {
            let farthest = self.blocks.keys().copied().max_by_key(|known| known.abs_diff(block)).unwrap_or(block);
            self.blocks.remove(&farthest);
        }
    }

    /// Where the next request begins: first what is drawn, then what lies next to it. `None` when all that is known.
    #[must_use]
    pub fn missing(&self, span: Span) -> Option<usize> {
        let last = self.matched.checked_sub(1)? / BLOCK;
        let (from, to) = (span.first / BLOCK, (span.first + span.len).saturating_sub(1) / BLOCK);
        let near = [(span.first + span.len + BLOCK / 2) / BLOCK, span.first.saturating_sub(BLOCK / 2) / BLOCK];
        (from..=to)
            .chain(near)
            .find(|block| *block <= last && !self.blocks.contains_key(block))
            .map(|block| block * BLOCK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::location::Location;

    const SEEN: f64 = 900.0;

    fn page(offset: usize, matched: usize, at: i64) -> FilePage {
        let entry = |i: usize| Entry { name: i.to_string(), ..Entry::default() };
        FilePage {
            location: Location::parse("b2:").expect("location"),
            total: matched,
            matched,
            bytes: 0,
            offset,
            entries: (offset..matched.min(offset + BLOCK)).map(entry).collect(),
            listed_at: Timestamp(at),
            sizeless: 0,
            duplicates: 0,
            unaddressable: 0,
        }
    }

    #[test]
    fn what_is_seen_is_always_drawn_with_fewer_than_200_rows() {
        for total in [0, 1, 7, 25, 100_000, 3_000_000] {
            let range = (height(total) - SEEN).max(0.0);
            for part in 0..=1000_i32 {
                let scroll = Scroll { top: range * f64::from(part) / 1000.0, height: SEEN };
                let span = span(total, scroll);
                assert!(span.len < 200 && span.first + span.len <= total);
                // The first row seen lies at or below the first drawn, the last seen at or above the last drawn.
                assert!(total == 0 || span.offset <= scroll.top + 0.001, "{total} {part}");
                let end = span.offset + span.len as f64 * ROW;
                assert!(end >= (scroll.top + SEEN).min(height(total)) - 0.001, "{total} {part}");
            }
        }
    }

    #[test]
    fn the_last_row_of_millions_can_be_reached() {
        for total in [100_000, 3_000_000] {
            let top = reveal(total, Scroll { top: 0.0, height: SEEN }, total - 1).expect("below");
            assert!((top - (height(total) - SEEN)).abs() < 1.0);
            assert!(span(total, Scroll { top, height: SEEN }).holds(total - 1));
            assert_eq!(reveal(total, Scroll { top, height: SEEN }, total - 3), None);
        }
    }

    #[test]
    fn what_is_drawn_is_asked_for_first_and_then_what_is_next_to_it() {
        let mut blocks = Blocks::new(page(0, 100_000, 1));
        assert_eq!(blocks.missing(Span { first: 0, len: 40, offset: 0.0 }), None);
        let far = Span { first: 50_000, len: 60, offset: 0.0 };
        let mut asked = Vec::new();
        while let Some(offset) = blocks.missing(far) {
            asked.push(offset);
            blocks.put(page(offset, 100_000, 1));
        }
        assert_eq!(asked, [49_920, 50_080]);
        assert_eq!(blocks.get(50_059).map(|entry| entry.name.as_str()), Some("50059"));
    }

    #[test]
    fn little_is_remembered_and_nothing_of_an_older_listing() {
        let mut blocks = Blocks::new(page(0, 100_000, 1));
        for block in 1..100 {
            blocks.put(page(block * BLOCK, 100_000, 1));
        }
        assert_eq!(blocks.blocks.len(), KEPT);
        assert!(blocks.get(99 * BLOCK).is_some() && blocks.get(0).is_none());
        blocks.put(page(0, 99_000, 2));
        assert_eq!((blocks.blocks.len(), blocks.matched), (1, 99_000));
    }
}
