//! `operations/list`, answered: entry after entry, as they come. A whole answer may be larger than what is made of it.

use std::{fmt, io::Read};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::Item;

/// Gives each entry to `take` until that says `false`. Whether it got them all.
///
/// # Errors
/// When the answer is not as expected, or breaks off.
pub fn each(answer: impl Read, mut take: impl FnMut(Item<'_>) -> bool) -> serde_json::Result<bool> {
    let mut stopped = false;
    let mut json = serde_json::Deserializer::from_reader(answer);
    let read = json.deserialize_map(Answer { take: &mut take, stopped: &mut stopped });
    if stopped {
        return Ok(false);
    }
    read?;
    json.end()?;
    Ok(true)
}

/// The object that holds the list.
struct Answer<'a> {
    take: &'a mut dyn FnMut(Item<'_>) -> bool,
    stopped: &'a mut bool,
}

/// The list, which may be null.
struct List<'a, 'b>(&'b mut Answer<'a>);

impl<'de> Visitor<'de> for Answer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == "list" {
                map.next_value_seed(List(&mut self))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element::<Item<'_>>()? {
            if !(self.0.take)(item) {
                *self.0.stopped = true;
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
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
        let entry = |name: &str| format!(r#"{{"Path":"{name}","Name":"{name}","Size":1,"Other":[1,{{"list":[]}}],"IsDir":false}}"#);
        let two = format!(r#"{{"before":{{"x":[null]}},"list":[{},{}],"after":1}}"#, entry("a"), entry("b\\n\\u00e9\\\""));
        let found = |names: &[&str], all| Some((names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), all));
        assert_eq!(names(&two, 9), found(&["a", "b\n\u{e9}\""], true));
        assert_eq!(names(&two, 1), found(&["a"], false));
        for none in [r#"{"list":null}"#, r#"{"list":[]}"#, "{}", " { } \n"] {
            assert_eq!(names(none, 9), found(&[], true), "{none}");
        }
        for bad in
            ["", "[]", "null", r#"{"list":{}}"#, r#"{"list":[1]}"#, r#"{"list":[{"Name":1}]}"#, &two[..two.len() - 1], &two[..40], "{} x"]
        {
            assert_eq!(names(bad, 9), None, "{bad}");
        }
    }
}
