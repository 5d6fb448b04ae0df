//! Requests that are being answered: so many at once for a person, and for an address from which nobody has signed in.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::{
    error::{AppError, ErrorCode, Result},
    id::UserId,
};

/// Requests of one person at once. A browser has six connections.
pub const PER_PERSON: u32 = 64;
/// Requests of one address at once of people who have not signed in. More than it may have connections: it counts
/// behind a proxy.
pub const PER_NETWORK: u32 = 320;
/// Seconds to wait before another try.
const RETRY_AFTER: u64 = 1;

/// Whose a request is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// Somebody who is signed in, with all their sessions and tokens.
    Person(UserId),
    /// Somebody who is not, by their network; `None` where it is not known.
    Network(Option<IpAddr>),
}

/// How many each has. Empty when nothing is asked: it grows with the connections, and those are bounded.
#[derive(Debug, Default)]
pub struct Requests {
    open: Arc<Mutex<HashMap<Holder, u32>>>,
}

/// One request. Its place is free again when this is dropped: with the last byte of the answer.
#[derive(Debug)]
pub struct Permit {
    open: Arc<Mutex<HashMap<Holder, u32>>>,
    holder: Holder,
}

impl Requests {
    /// Begins a request, unless this holder has so many already.
    ///
    /// # Errors
    /// `rate_limited` then.
    pub fn begin(&self, holder: Holder, most: u32) -> Result<Permit> {
        let mut open = lock(&self.open);
        let count = open.entry(holder.clone()).or_default();
        if *count >= most {
            let count = *count;
            let whose = match holder {
                Holder::Person(_) => "of yours",
                Holder::Network(_) => "from your address",
            };
            return Err(AppError {
                retry_after: Some(RETRY_AFTER),
                ..AppError::new(
                    ErrorCode::RateLimited,
                    format!(
                        "{count} requests {whose} are being answered right now. Wait until some have ended, and try again."
                    ),
                )
            });
        }
        *count += 1;
        drop(open);
        Ok(Permit { open: Arc::clone(&self.open), holder })
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = lock(&self.open).entry(self.holder.clone()) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

/// Nothing that holds this lock can panic.
fn lock(open: &Mutex<HashMap<Holder, u32>>) -> MutexGuard<'_, HashMap<Holder, u32>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_has_so_many_and_the_others_do_not_notice() {
        let requests = Requests::default();
        let person = |n: u8| Holder::Person(format!("01JD3Z6N9V4M2K8Q7W5X1T0R{n:02}").parse().expect("an id"));
        let network = |text: &str| Holder::Network(Some(text.parse().expect("an address")));
        let (one, other) = (person(1), person(2));
        let held: Vec<_> = (0..PER_PERSON).map(|_| requests.begin(one.clone(), PER_PERSON).expect("room")).collect();
        let error = requests.begin(one.clone(), PER_PERSON).expect_err("one too many");
        assert_eq!((error.status(), error.retry_after), (429, Some(1)));
        assert!(error.message.contains("64 requests of yours"), "{error}");
        for free in [other, network("192.0.2.7"), Holder::Network(None)] {
            drop(requests.begin(free, PER_PERSON).expect("somebody else"));
        }
        drop(held);
        assert!(lock(&requests.open).is_empty(), "what has ended costs nothing");
        let held = requests.begin(network("192.0.2.7"), 1).expect("the first");
        let error = requests.begin(network("192.0.2.7"), 1).expect_err("the second");
        assert!(error.message.contains("from your address"), "{error}");
        drop(held);
        drop(requests.begin(one, PER_PERSON).expect("room again"));
    }
}
