//! Slows down who tries credentials: by account, by address, and by both together.
//!
//! Each pair of account and address has few tries, and the account as a whole only a few more. So one attacker runs dry before the
//! account does, and its owner still gets in from elsewhere. Against many attackers, an address from which the owner has signed in
//! before is held to its own tries only. Success gives the tries back. An account that does not exist is held like one that does.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use governor::{Quota, RateLimiter, clock, middleware::NoOpMiddleware, state::keyed::DashMapStateStore};

use crate::{
    domain::error::{AppError, ErrorCode, Result},
    server::clock::Clock,
};

/// Keys of one limiter. When it is full of keys that are still held, new ones are refused: forgetting some would free attackers.
const MAX_KEYS: usize = 50_000;
/// Pairs that have signed in.
const MAX_TRUSTED: usize = 10_000;
/// Characters of a name that count; longer ones belong to nobody.
const NAME_LEN: usize = 64;

/// One address, or all that one customer of an IPv6 provider has: a /64. `None` where the address is not known.
type Network = Option<IpAddr>;
/// Account, network, and how often this pair has signed in: with each success it starts anew.
type Pair = (String, Network, u32);

/// The limits of every door at which a secret is shown.
pub(super) struct Throttle {
    pairs: Limiter<Pair>,
    accounts: Limiter<String>,
    networks: Limiter<Network>,
    setup: Limiter<Network>,
    tokens: Limiter<Network>,
    trusted: Mutex<HashMap<(String, Network), u32>>,
}

impl Throttle {
    pub(super) fn new(clock: &Clock) -> Self {
        let seconds = Duration::from_secs;
        Self {
            pairs: Limiter::new(clock, 5, seconds(20)),
            // At most six and four more in any minute.
            accounts: Limiter::new(clock, 6, seconds(15)),
            networks: Limiter::new(clock, 20, seconds(3)),
            setup: Limiter::new(clock, 5, seconds(20)),
            tokens: Limiter::new(clock, 30, seconds(2)),
            trusted: Mutex::default(),
        }
    }

    /// Before a password is checked.
    pub(super) fn sign_in(&self, account: &str, address: Option<IpAddr>) -> Result<()> {
        let (account, network) = (normalise(account), network(address));
        let trusted = self.trusted().get(&(account.clone(), network)).copied();
        self.pairs.check(&(account.clone(), network, trusted.unwrap_or(0)))?;
        if trusted.is_none() {
            self.networks.check(&network)?;
            self.accounts.check(&account)?;
        }
        Ok(())
    }

    /// After the password was the right one.
    pub(super) fn signed_in(&self, account: &str, address: Option<IpAddr>) {
        let mut trusted = self.trusted();
        if trusted.len() >= MAX_TRUSTED {
            trusted.clear();
        }
        let count = trusted.entry((normalise(account), network(address))).or_default();
        *count = count.wrapping_add(1);
    }

    /// Before a setup code is checked.
    pub(super) fn setup(&self, address: Option<IpAddr>) -> Result<()> {
        self.setup.check(&network(address))
    }

    /// After a token was shown that is none.
    pub(super) fn unknown_token(&self, address: Option<IpAddr>) -> Result<()> {
        self.tokens.check(&network(address))
    }

    /// Forgets who has all their tries again.
    pub(super) fn sweep(&self) {
        self.pairs.limiter.retain_recent();
        self.accounts.limiter.retain_recent();
        for limiter in [&self.networks, &self.setup, &self.tokens] {
            limiter.limiter.retain_recent();
        }
    }

    fn trusted(&self) -> std::sync::MutexGuard<'_, HashMap<(String, Network), u32>> {
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `burst` tries at once, and one more with each `period`.
struct Limiter<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, DashMapStateStore<K>, Ticks, NoOpMiddleware<Duration>>,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(clock: &Clock, burst: u32, period: Duration) -> Self {
        let quota = Quota::with_period(period).expect("a period is longer than nothing");
        let quota = quota.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
        Self { limiter: RateLimiter::new(quota, DashMapStateStore::default(), Ticks(clock.clone())) }
    }

    fn check(&self, key: &K) -> Result<()> {
        if self.limiter.len() >= MAX_KEYS {
            self.limiter.retain_recent();
            if self.limiter.len() >= MAX_KEYS {
                return Err(wait(Duration::from_secs(60)));
            }
        }
        let now = clock::Clock::now(self.limiter.clock());
        self.limiter.check_key(key).map_err(|not_until| wait(not_until.wait_time_from(now)))
    }
}

/// Our clock as the limiter reads it: it never goes back, and tests move it.
#[derive(Clone)]
struct Ticks(Clock);

impl clock::Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

fn wait(time: Duration) -> AppError {
    let seconds = time.as_millis().div_ceil(1000).max(1);
    AppError {
        retry_after: Some(u64::try_from(seconds).unwrap_or(u64::MAX)),
        ..AppError::new(ErrorCode::RateLimited, format!("Too many tries. Wait {seconds} s and try again."))
    }
}

fn normalise(account: &str) -> String {
    account.trim().to_lowercase().chars().take(NAME_LEN).collect()
}

fn network(address: Option<IpAddr>) -> Network {
    Some(match address?.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().expect("an address"))
    }

    /// How many of 1,000 tries a second apart in one minute are let through.
    fn tries(throttle: &Throttle, account: &str, from: impl Fn(u16) -> Option<IpAddr>) -> usize {
        (0..1000).filter(|n| throttle.sign_in(account, from(*n)).is_ok()).count()
    }

    #[test]
    fn one_attacker_runs_dry_and_the_owner_gets_in_from_elsewhere() {
        let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
        assert_eq!(tries(&throttle, "marianne", |_| address("192.0.2.7")), 5);
        throttle.sign_in("Marianne", address("198.51.100.1")).expect("the owner");
    }

    #[test]
    fn many_attackers_share_what_the_account_has_and_a_trusted_address_does_not_care() {
        let clock = Clock::fixed(Timestamp(0));
        let throttle = Throttle::new(&clock);
        throttle.sign_in("marianne", address("198.51.100.1")).expect("the owner");
        throttle.signed_in("marianne", address("198.51.100.1"));
        let botnet = |n: u16| Some(IpAddr::from([203, 0, n.to_be_bytes()[0], n.to_be_bytes()[1]]));
        let mut let_through = 0;
        for _ in 0..60 {
            let_through += tries(&throttle, "marianne", botnet);
            clock.advance(1000);
        }
        assert!(let_through <= 10, "{let_through}");
        throttle.sign_in("marianne", address("198.51.100.1")).expect("the owner again");
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_an_embedded_ipv4_is_itself() {
        assert_eq!(network(address("2001:db8:1:2:3:4:5:6")), network(address("2001:db8:1:2:ffff::1")));
        assert_ne!(network(address("2001:db8:1:2::1")), network(address("2001:db8:1:3::1")));
        assert_eq!(network(address("::ffff:192.0.2.7")), network(address("192.0.2.7")));
        let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
        let rotated = |n: u16| Some(IpAddr::from([0x2001, 0xdb8, 1, 2, n, n, n, n]));
        assert_eq!(tries(&throttle, "marianne", rotated), 5);
    }

    #[test]
    fn one_address_can_not_try_many_accounts() {
        let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
        let passed = (0..1000).filter(|n| throttle.sign_in(&format!("user{n}"), address("192.0.2.7")).is_ok()).count();
        assert_eq!(passed, 20);
    }

    #[test]
    fn the_wait_is_told_in_seconds_and_is_true() {
        let clock = Clock::fixed(Timestamp(0));
        let throttle = Throttle::new(&clock);
        tries(&throttle, "marianne", |_| None);
        let error = throttle.sign_in("marianne", None).expect_err("too many");
        assert_eq!((error.status(), error.retry_after), (429, Some(20)));
        clock.advance(19_000);
        assert_eq!(throttle.sign_in("marianne", None).expect_err("still").retry_after, Some(1));
        clock.advance(1_000);
        throttle.sign_in("marianne", None).expect("waited");
    }

    #[test]
    fn success_gives_the_tries_back() {
        let throttle = Throttle::new(&Clock::fixed(Timestamp(0)));
        for _ in 0..50 {
            throttle.sign_in("marianne", None).expect("signs in");
            throttle.signed_in("marianne", None);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let clock = Clock::fixed(Timestamp(0));
        let limiter: Limiter<usize> = Limiter::new(&clock, 1, Duration::from_secs(1));
        for key in 0..MAX_KEYS {
            limiter.check(&key).expect("room");
        }
        assert!(limiter.check(&MAX_KEYS).is_err());
        clock.advance(2_000);
        limiter.check(&MAX_KEYS).expect("room again");
        assert!(limiter.limiter.len() <= 2);
    }
}
