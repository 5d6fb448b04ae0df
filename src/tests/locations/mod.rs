//! Locations: what is asked for is what is opened, whatever its name, and nothing outside the allowed folders is.

mod encoding;
mod links;
mod names;
mod slashes;
mod unaddressable;

/// A location as the value of a query.
fn value(location: &str) -> String {
    longshore::domain::location::encode(location).replace('+', "%2B")
}
