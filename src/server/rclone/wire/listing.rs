//! `operations/list`, answered: entry after entry, as they come. A whole answer may be larger than what is made of it.

use std::io::Read;

use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde_json::{Deserializer, Error, Result};

use super::Item;

/// Bytes that are read at a time.
const STEP: usize = 64 << 10;

/// Gives each entry to `take` until that says `false`. Whether it got them all.
///
/// # Errors
/// When the answer is not as expected, or breaks off.
pub fn each(answer: impl Read, mut take: impl FnMut(Item<'_>) -> bool) -> Result<bool> {
    let mut text = Text { answer, read: Vec::new(), at: 0, ended: false };
    text.expect(b'{')?;
    if text.peek()? == Some(b'}') {
        text.at += 1;
        return text.end();
    }
    loop {
        let key: String = text.value()?;
        text.expect(b':')?;
        if key != "list" {
            text.value::<IgnoredAny>()?;
        } else if text.peek()? != Some(b'[') {
            // Of a folder without entries it is null.
            text.value::<()>()?;
        } else if !text.list(&mut take)? {
            return Ok(false);
        }
        if !text.goes_on(b'}')? {
            return text.end();
        }
    }
}

/// JSON that comes piece by piece. What is read of it lies in one place: names and times are taken from there.
struct Text<R> {
    answer: R,
    read: Vec<u8>,
    /// How far it has been looked at.
    at: usize,
    /// Whether nothing more comes.
    ended: bool,
}

impl<R: Read> Text<R> {
    /// Reads more; what was looked at is forgotten. What does not fit into a step is doubled, so that it is not looked
    /// at too often.
    fn fill(&mut self) -> Result<()> {
        self.read.drain(..self.at);
        self.at = 0;
        let most = STEP.max(self.read.len());
        let read = (&mut self.answer).take(most as u64).read_to_end(&mut self.read).map_err(Error::io)?;
        self.ended = read < most;
        Ok(())
    }

    /// The next character that is not white space; `None` at the end.
    fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            self.at += self.read[self.at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            match self.read.get(self.at) {
                Some(byte) => return Ok(Some(*byte)),
                None if self.ended => return Ok(None),
                None => self.fill()?,
            }
        }
    }

    fn expect(&mut self, character: u8) -> Result<()> {
        if self.peek()? != Some(character) {
            return Err(Error::custom(format!("expected “{}”", char::from(character))));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether a comma follows, and not the end of what is read.
    fn goes_on(&mut self, end: u8) -> Result<bool> {
        let goes_on = self.peek()? == Some(b',');
        self.expect(if goes_on { b',' } else { end })?;
        Ok(goes_on)
    }

    /// Nothing may follow.
    fn end(&mut self) -> Result<bool> {
        if self.peek()?.is_some() { Err(Error::custom("something follows the answer")) } else { Ok(true) }
    }

    /// The next value.
    fn value<T: DeserializeOwned>(&mut self) -> Result<T> {
        loop {
            let mut values = Deserializer::from_slice(&self.read[self.at..]).into_iter::<T>();
            let next = values.next();
            let end = self.at + values.byte_offset();
            match next {
                // One that ends with what was read may go on in what comes.
                Some(Ok(value)) if self.ended || end < self.read.len() => {
                    self.at = end;
                    return Ok(value);
                }
                Some(Err(error)) if self.ended || !error.is_eof() => return Err(error),
                None if self.ended => return Err(Error::custom("the answer breaks off")),
                _ => self.fill()?,
            }
        }
    }

    /// The next entry, given to `take`, and what that says.
    fn item(&mut self, take: &mut impl FnMut(Item<'_>) -> bool) -> Result<bool> {
        loop {
            let mut items = Deserializer::from_slice(&self.read[self.at..]).into_iter::<Item<'_>>();
            let taken = match items.next() {
                Some(Ok(item)) => Some((take(item), items.byte_offset())),
                Some(Err(error)) if self.ended || !error.is_eof() => return Err(error),
                None if self.ended => return Err(Error::custom("the list breaks off")),
                _ => None,
            };
            if let Some((taken, length)) = taken {
                self.at += length;
                return Ok(taken);
            }
            self.fill()?;
        }
    }

    /// The entries of a list. Whether `take` took them all.
    fn list(&mut self, take: &mut impl FnMut(Item<'_>) -> bool) -> Result<bool> {
        self.expect(b'[')?;
        if self.peek()? == Some(b']') {
            self.at += 1;
            return Ok(true);
        }
        loop {
            if !self.item(take)? {
                return Ok(false);
            }
            if !self.goes_on(b']')? {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of an answer, the first `most` of them, and whether those are all.
    fn names(answer: &str, most: usize) -> Option<(Vec<String>, bool)> {
        let mut names = Vec::new();
        let all = each(answer.as_bytes(), |item| {
            let fits = names.len() < most;
            if fits {
                names.push(item.into_name());
            }
            fits
        });
        all.ok().map(|all| (names, all))
    }

    #[test]
    fn entries_come_one_after_the_other_and_what_is_no_answer_is_an_error() {
        let entry = |name: &str| {
            format!(r#"{{"Path":"{name}","Name":"{name}","Size":1,"Other":[1,{{"list":[]}}],"IsDir":false}}"#)
        };
        let two =
            format!(r#"{{"before":{{"x":[null]}},"list":[{},{}],"after":1}}"#, entry("a"), entry("b\\n\\u00e9\\\""));
        let found = |names: &[&str], all| Some((names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), all));
        assert_eq!(names(&two, 9), found(&["a", "b\n\u{e9}\""], true));
        assert_eq!(names(&two, 1), found(&["a"], false));
        for none in [r#"{"list":null}"#, r#"{"list":[]}"#, "{}", " { } \n"] {
            assert_eq!(names(none, 9), found(&[], true), "{none}");
        }
        for bad in [
            "",
            "[]",
            "null",
            r#"{"list":{}}"#,
            r#"{"list":[1]}"#,
            r#"{"list":[{"Name":1}]}"#,
            &two[..two.len() - 1],
            &two[..40],
            "{} x",
        ] {
            assert_eq!(names(bad, 9), None, "{bad}");
        }
    }

    #[test]
    fn an_answer_is_the_same_whatever_pieces_it_comes_in() {
        let name = |n: usize| format!("{n}{}", "é\n\"".repeat(n % 97));
        let expected: Vec<String> = (0..9000).map(name).collect();
        let entries =
            expected.iter().map(|name| serde_json::json!({ "Path": name, "Name": name, "Size": 12, "IsDir": false }));
        let mut answer = serde_json::json!({ "after": 1, "list": entries.collect::<Vec<_>>(), "z": [12, null, {}] });
        for text in
            [serde_json::to_string(&answer), serde_json::to_string_pretty(&answer)].map(|text| text.expect("text"))
        {
            assert!(text.len() > 10 * STEP);
            assert_eq!(names(&text, 10_000), Some((expected.clone(), true)));
            for cut in [STEP - 1, STEP, STEP + 1, 3 * STEP, text.len() - 1] {
                let cut = (0..=cut).rev().find(|at| text.is_char_boundary(*at)).expect("a boundary");
                assert_eq!(names(&text[..cut], 10_000), None, "{cut}");
            }
        }
        // A value that is larger than what is read at a time, and a number that ends with it.
        answer["list"] = serde_json::json!([{ "Path": "a", "Name": "x".repeat(3 * STEP), "Size": 1, "IsDir": false }]);
        assert_eq!(names(&answer.to_string(), 9).map(|(names, _)| names[0].len()), Some(3 * STEP));
        for length in STEP - 40..STEP + 10 {
            let text = format!("{{\"before\": {}1234567, \"list\": []}}", " ".repeat(length));
            assert_eq!(names(&text, 9), Some((Vec::new(), true)), "{length}");
        }
    }
}
