//! Slows down who tries credentials: by account, by address, and by both together.
//!
//! Each pair of account and address has few tries, and the account as a whole only a few more. So one attacker runs dry
//! before the account does, and its owner still gets in from elsewhere. Against many attackers, an address from which
//! the owner has signed in before is held to its own tries only. Success gives the tries back. An account that does not
//! exist is held like one that does.
//!
//! What is refused is not remembered, and what is let through takes no memory either: the tables have a fixed size. So
//! nobody can fill them with names and addresses that they made up.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, Hash, RandomState},
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    domain::error::{AppError, ErrorCode, Result},
    server::{client, platform::clock::Clock},
};

/// Cells of a row of a table.
const CELLS: usize = 1 << 15;
/// Pairs that have signed in.
const MAX_KNOWN: usize = 10_000;
/// Characters of a name that count; longer ones belong to nobody.
const NAME_LEN: usize = 64;

/// One address, or all that one customer of an IPv6 provider has: a /64. `None` where the address is not known.
pub(super) type Network = Option<IpAddr>;
/// Account, network, and how often this pair has signed in: with each success it starts anew.
type Pair = (String, Network, u32);

/// The limits of every door at which a secret is shown.
pub(super) struct Throttle {
    clock: Clock,
    strangers: Mutex<Strangers>,
    known: Mutex<KnownPairs>,
    setup: Mutex<Table<Network>>,
    tokens: Mutex<Table<Network>>,
}

/// Who signs in where they never did before.
struct Strangers {
    networks: Table<Network>,
    pairs: Table<(String, Network)>,
    accounts: Table<String>,
}

/// Pairs that have signed in before. Strangers cannot use up their tries.
struct KnownPairs {
    /// How often each has, and when it last did, counted in sign-ins.
    pairs: HashMap<(String, Network), (u32, u64)>,
    signed_in: u64,
    tries: Table<Pair>,
}

impl Throttle {
    pub(super) fn new(clock: &Clock) -> Self {
        let seconds = Duration::from_secs;
        Self {
            clock: clock.clone(),
            strangers: Mutex::new(Strangers {
                networks: Table::new(20, seconds(3)),
                pairs: Table::new(5, seconds(20)),
                // At most six and four more in any minute.
                accounts: Table::new(6, seconds(15)),
            }),
            known: Mutex::new(KnownPairs { pairs: HashMap::new(), signed_in: 0, tries: Table::new(5, seconds(20)) }),
            setup: Mutex::new(Table::new(5, seconds(20))),
            tokens: Mutex::new(Table::new(30, seconds(2))),
        }
    }

    /// Before a password is checked.
    pub(super) fn sign_in(&self, account: &str, address: Option<IpAddr>) -> Result<()> {
        let (account, network) = (normalise(account), network(address));
        let now = self.clock.elapsed();
        let mut known = lock(&self.known);
        if let Some((count, _)) = known.pairs.get(&(account.clone(), network)).copied() {
            return known.tries.take(&(account, network, count), now);
        }
        drop(known);
        let mut strangers = lock(&self.strangers);
        let pair = (account, network);
        // All are asked before any counts it: what one of them refuses uses up nothing of the others.
        let waits = [
            strangers.networks.wait(&network, now),
            strangers.pairs.wait(&pair, now),
            strangers.accounts.wait(&pair.0, now),
        ];
        if let Some(longest) = waits.into_iter().flatten().max() {
            return Err(wait(longest));
        }
        strangers.networks.count(&network, now);
        strangers.pairs.count(&pair, now);
        strangers.accounts.count(&pair.0, now);
        Ok(())
    }

    /// After the password was the right one.
    pub(super) fn signed_in(&self, account: &str, address: Option<IpAddr>) {
        let mut known = lock(&self.known);
        known.signed_in += 1;
        let (pair, at) = ((normalise(account), network(address)), known.signed_in);
        if known.pairs.len() >= MAX_KNOWN && !known.pairs.contains_key(&pair) {
            // The older half goes: those who come back are known again.
            let mut times: Vec<_> = known.pairs.values().map(|(_, at)| *at).collect();
            let (_, middle, _) = times.select_nth_unstable(MAX_KNOWN / 2);
            let middle = *middle;
            known.pairs.retain(|_, (_, at)| *at >= middle);
        }
        let (count, last) = known.pairs.entry(pair).or_default();
        (*count, *last) = (count.wrapping_add(1), at);
    }

    /// Before a setup code is checked.
    pub(super) fn setup(&self, address: Option<IpAddr>) -> Result<()> {
        lock(&self.setup).take(&network(address), self.clock.elapsed())
    }

    /// After a token was shown that is none.
    pub(super) fn unknown_token(&self, address: Option<IpAddr>) -> Result<()> {
        lock(&self.tokens).take(&network(address), self.clock.elapsed())
    }
}

/// `burst` tries at once, and one more with each `period`, of any number of keys in a fixed memory: each key has a cell
/// in both rows, by two secret hashes, and what it may is the better of the two. Two keys that share both are held
/// together; nobody can find such a key.
struct Table<K> {
    burst: u32,
    period: Duration,
    /// When a cell has all its tries again.
    rows: [(RandomState, Vec<Duration>); 2],
    keys: std::marker::PhantomData<fn(&K)>,
}

impl<K: Hash> Table<K> {
    fn new(burst: u32, period: Duration) -> Self {
        let row = || (RandomState::new(), vec![Duration::ZERO; CELLS]);
        Self { burst, period, rows: [row(), row()], keys: std::marker::PhantomData }
    }

    fn cells(&mut self, key: &K) -> [&mut Duration; 2] {
        self.rows.each_mut().map(|(hasher, cells)| {
            let cell = usize::try_from(hasher.hash_one(key) % CELLS as u64).unwrap_or(0);
            &mut cells[cell]
        })
    }

    /// How long the key has to wait for its next try; `None` when it need not.
    fn wait(&mut self, key: &K, now: Duration) -> Option<Duration> {
        let ahead = self.period * self.burst.saturating_sub(1);
        let full = self.cells(key).map(|full| *full).into_iter().min()?;
        full.checked_sub(now + ahead).filter(|wait| !wait.is_zero())
    }

    /// Counts a try.
    fn count(&mut self, key: &K, now: Duration) {
        let period = self.period;
        let cells = self.cells(key);
        let full = cells.iter().map(|full| **full).min().unwrap_or_default().max(now) + period;
        for cell in cells {
            *cell = (*cell).max(full);
        }
    }

    fn take(&mut self, key: &K, now: Duration) -> Result<()> {
        match self.wait(key, now) {
            Some(time) => Err(wait(time)),
            None => {
                self.count(key, now);
                Ok(())
            }
        }
    }
}

/// Nothing that holds these locks can panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait(time: Duration) -> AppError {
    let seconds = time.as_millis().div_ceil(1000).max(1);
    AppError {
        retry_after: Some(u64::try_from(seconds).unwrap_or(u64::MAX)),
        ..AppError::new(ErrorCode::RateLimited, format!("Too many attempts. Wait {seconds} s and try again."))
    }
}

fn normalise(account: &str) -> String {
    account.trim().to_lowercase().chars().take(NAME_LEN).collect()
}

pub(super) fn network(address: Option<IpAddr>) -> Network {
    address.map(client::network)
}

#[cfg(test)]
mod tests;
