//! A cache of an authorizer's answers, by the identity that each was given for. An entry is valid
//! for as long as the template sets.
//!
//! Anybody who sends tokens, valid or not, adds entries. So the number of entries and their bytes
//! are bounded, and the key is a hash, whatever the length of the token. When a bound is reached,
//! the oldest entry is dropped, and the next request of that identity calls the authorizer again.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::authorization::Authorization;

/// The maximum number of entries.
const MAX_ENTRIES: usize = 10_000;

/// The maximum size of all contexts together, in bytes of JSON.
const MAX_BYTES: usize = 4 * 1024 * 1024;

type Key = [u8; 32];

pub(super) struct AuthorizationCache {
    ttl: Duration,
    entries: HashMap<Key, Entry>,
    /// Every insertion in order of time, including those that a later one with the same key has
    /// replaced.
    oldest_first: VecDeque<(Key, Instant)>,
    bytes: usize,
}

struct Entry {
    since: Instant,
    authorization: Authorization,
    bytes: usize,
}

impl AuthorizationCache {
    /// Creates an empty cache. Its entries are valid for `ttl`.
    pub(super) fn new(ttl: Duration) -> Self {
        Self { ttl, entries: HashMap::new(), oldest_first: VecDeque::new(), bytes: 0 }
    }

    /// Returns the answer for this identity if it is still valid at `now`.
    pub(super) fn get(&self, sources: &[String], now: Instant) -> Option<Authorization> {
        let entry = self.entries.get(&key(sources))?;
        (now - entry.since < self.ttl).then(|| entry.authorization.clone())
    }

    /// Stores the answer that was given at `now`.
    pub(super) fn insert(&mut self, sources: &[String], authorization: Authorization, now: Instant) {
        if self.ttl.is_zero() {
            return;
        }
        let bytes = match &authorization {
            Authorization::Allow(context) => context.to_string().len(),
            _ => 0,
        };
        let key = key(sources);
        self.bytes += bytes;
        self.oldest_first.push_back((key, now));
        if let Some(replaced) = self.entries.insert(key, Entry { since: now, authorization, bytes }) {
            self.bytes -= replaced.bytes;
        }
        while self.is_too_large() || self.oldest_first.front().is_some_and(|(_, since)| now - *since >= self.ttl) {
            self.drop_oldest();
        }
    }

    fn is_too_large(&self) -> bool {
        self.oldest_first.len() > MAX_ENTRIES || self.bytes > MAX_BYTES
    }

    fn drop_oldest(&mut self) {
        let Some((key, since)) = self.oldest_first.pop_front() else { return };
        if self.entries.get(&key).is_some_and(|entry| entry.since == since)
            && let Some(dropped) = self.entries.remove(&key)
        {
            self.bytes -= dropped.bytes;
        }
    }
}

/// Hashes the identity sources. The length before each source makes lists distinct that would be
/// the same text when joined.
fn key(sources: &[String]) -> Key {
    let mut hash = Sha256::new();
    for source in sources {
        hash.update(source.len().to_be_bytes());
        hash.update(source);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TTL: Duration = Duration::from_mins(5);

    fn identity(token: &str) -> Vec<String> {
        vec![token.to_owned()]
    }

    #[test]
    fn many_bad_tokens_leave_a_bounded_cache() {
        let (mut cache, now) = (AuthorizationCache::new(TTL), Instant::now());
        for n in 0..3 * MAX_ENTRIES {
            cache.insert(&identity(&format!("{n}{}", "x".repeat(7_000))), Authorization::Deny, now);
        }
        assert_eq!((cache.entries.len(), cache.oldest_first.len()), (MAX_ENTRIES, MAX_ENTRIES));
        // A token that is inserted again and again is one entry, also after it has expired.
        for n in 0..3 * u32::try_from(MAX_ENTRIES).unwrap() {
            cache.insert(&identity("same"), Authorization::Deny, now + TTL * n);
        }
        assert_eq!((cache.entries.len(), cache.oldest_first.len()), (1, 1));
    }

    #[test]
    fn large_contexts_are_bounded_in_bytes() {
        let (mut cache, now) = (AuthorizationCache::new(TTL), Instant::now());
        let context = json!({ "lambda": "x".repeat(100 * 1024) });
        for n in 0..200 {
            cache.insert(&identity(&n.to_string()), Authorization::Allow(context.clone()), now);
        }
        assert!((30..=40).contains(&cache.entries.len()), "{}", cache.entries.len());
        assert!(cache.get(&identity("199"), now).is_some() && cache.get(&identity("0"), now).is_none());
        let huge = Authorization::Allow(json!("x".repeat(MAX_BYTES + 1)));
        cache.insert(&identity("huge"), huge, now);
        assert_eq!((cache.entries.len(), cache.bytes), (0, 0));
    }

    #[test]
    fn an_answer_is_valid_until_its_ttl_ends() {
        let (mut cache, now) = (AuthorizationCache::new(TTL), Instant::now());
        cache.insert(&identity("a"), Authorization::Deny, now);
        assert!(cache.get(&identity("a"), now + TTL.saturating_sub(Duration::from_millis(1))).is_some());
        assert!(cache.get(&identity("a"), now + TTL).is_none());
        cache.insert(&["a".to_owned(), "b".to_owned()], Authorization::Deny, now);
        assert!(cache.get(&identity("ab"), now).is_none());
    }
}
