//! Page cursors. They are opaque to clients, and valid only for the caller and the query they were
//! made for.
//!
//! A cursor holds a position and a digest of caller, query and position. The digest detects a
//! cursor of another caller or query, and typing errors; such a cursor is refused. It needs no
//! secret key, because a cursor gives access to nothing that the caller could not ask for without
//! it.

use data_encoding::BASE64URL_NOPAD;
use domain::{Person, Position};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Code, Problem};

/// The caller and the query that cursors are valid for.
#[derive(Debug)]
pub struct PageCursor {
    binding: Vec<u8>,
}

const DIGEST_BYTES: usize = 12;

impl PageCursor {
    /// For cursors of `caller` in the list `list` with these filters.
    pub fn of(caller: &Person, list: &str, filters: &impl Serialize) -> Self {
        let binding = serde_json::to_vec(&(caller.role, &caller.user_id, list, filters));
        Self { binding: binding.expect("names and filters are JSON") }
    }

    /// Makes the cursor for `position`.
    pub fn encode(&self, position: &Position) -> String {
        self.with_digest(&position.to_string())
    }

    fn with_digest(&self, position: &str) -> String {
        BASE64URL_NOPAD.encode(&[self.digest(position).as_slice(), position.as_bytes()].concat())
    }

    /// Reads the position from a cursor. Returns `invalid_cursor` if the cursor is not one of this
    /// caller and query.
    pub fn parse(&self, cursor: &str) -> Result<Position, Problem> {
        let position = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok().and_then(|bytes| {
            let (digest, position) = bytes.split_at_checked(DIGEST_BYTES)?;
            let position = std::str::from_utf8(position).ok()?;
            // A client can compute a digest over any text, so the text is checked to be a position
            // too.
            position.parse().ok().filter(|_| self.digest(position) == digest)
        });
        let detail = "The cursor is not valid for this user and query. Send `nextCursor` unchanged with the same \
            parameters, or start again without a cursor.";
        position.ok_or_else(|| Problem::new(Code::InvalidCursor, detail))
    }

    fn digest(&self, position: &str) -> [u8; DIGEST_BYTES] {
        let mut hash = Sha256::new();
        hash.update((self.binding.len() as u64).to_be_bytes());
        hash.update(&self.binding);
        hash.update(position.as_bytes());
        let digest = hash.finalize();
        std::array::from_fn(|index| digest[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Role, SharedId, Time};
    use proptest::prelude::*;

    fn of(user_id: &str, filter: &str) -> PageCursor {
        let person = Person { user_id: user_id.to_owned(), role: Role::Admin, name: String::new() };
        PageCursor::of(&person, "inbox", &filter)
    }

    #[test]
    fn cursors_are_bound_to_caller_and_query() {
        let position: Position = "00000000000012#aebagbafaydqqcikbmga2dqpca".parse().unwrap();
        let cursor = of("a", "active").encode(&position);
        assert_eq!(of("a", "active").parse(&cursor), Ok(position));
        for (other, mangled) in [("b", &cursor), ("a", &cursor[1..].to_owned()), ("a", &format!("{cursor}AA"))] {
            assert_eq!(of(other, "active").parse(mangled).unwrap_err().code, Code::InvalidCursor);
        }
        assert!(of("a", "closed").parse(&cursor).is_err());
        assert!(of("a", "active").parse("").is_err());
        assert!(of("a", "active").parse("♥").is_err());
        for forged in ["", "nonsense", "-0000000060000#aebagbafaydqqcikbmga2dqpca", "12#aebagbafaydqqcikbmga2dqpca"] {
            assert!(of("a", "active").parse(&of("a", "active").with_digest(forged)).is_err(), "{forged}");
        }
    }

    proptest! {
        #[test]
        fn cursors_round_trip_and_changed_ones_are_rejected(
            millis in Position::MILLIS, x: [u8; 16], user_id in any::<String>(), filter in any::<String>(),
            at in 0usize..80, other in any::<char>(),
        ) {
            let position = Position { at: Time::from_millis(millis).unwrap(), shared_id: SharedId::from_random(x) };
            let cursors = of(&user_id, &filter);
            let cursor = cursors.encode(&position);
            prop_assert_eq!(cursors.parse(&cursor), Ok(position));
            let (another, other_filter) = (format!("{user_id}."), format!("{filter}."));
            prop_assert!(of(&another, &filter).parse(&cursor).is_err());
            prop_assert!(of(&user_id, &other_filter).parse(&cursor).is_err());
            let mut letters: Vec<char> = cursor.chars().collect();
            let at = at % letters.len();
            letters[at] = other;
            let mangled: String = letters.iter().collect();
            prop_assert_eq!(cursors.parse(&mangled).is_ok(), mangled == cursor);
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            prop_assert_eq!(of("a", "active").parse(&text).unwrap_err().code, Code::InvalidCursor);
        }
    }
}
