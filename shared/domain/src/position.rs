//! A place in a list of conversations or orders.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::{SharedId, Time};

/// Behind the one with this time and X. Ordered as the lists are, oldest first.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// When it was last active, or made.
    pub at: Time,
    /// Its X.
    pub shared_id: SharedId,
}

impl Position {
    /// The times that have a place in a list, in milliseconds since 1970 began: until 5138, as far as 14 digits go.
    pub const MILLIS: Range<i64> = 0..100_000_000_000_000;
}

/// The text is no position, one of a time that has no place, or not spelled the one way there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("no position")]
pub struct InvalidPosition;

/// Sorts as text as it does as a position.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:014}#{}", self.at.millis(), self.shared_id.as_str())
    }
}

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (millis, shared_id) = text.split_once('#').ok_or(InvalidPosition)?;
        let at = millis
            .parse()
            .ok()
            .filter(|at| Self::MILLIS.contains(at))
            .and_then(Time::from_millis)
            .ok_or(InvalidPosition)?;
        let position = Self { at, shared_id: SharedId::parse(shared_id).ok_or(InvalidPosition)? };
        if position.to_string() == text { Ok(position) } else { Err(InvalidPosition) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn position() -> impl Strategy<Value = Position> {
        (Position::MILLIS, any::<[u8; 16]>())
            .prop_map(|(at, x)| Position { at: Time::from_millis(at).unwrap(), shared_id: SharedId::from_random(x) })
    }

    proptest! {
        #[test]
        fn positions_round_trip(position in position()) {
            prop_assert_eq!(position.to_string().parse(), Ok(position));
        }

        #[test]
        fn text_sorts_as_positions_do(one in position(), other in position()) {
            prop_assert_eq!(one.to_string().cmp(&other.to_string()), one.cmp(&other));
        }

        #[test]
        fn positions_have_one_spelling(millis in "-?[0-9]{1,16}", x in any::<[u8; 16]>()) {
            let text = format!("{millis}#{}", SharedId::from_random(x).as_str());
            let spelled = millis.len() == 14 && !millis.starts_with('-');
            prop_assert_eq!(text.parse::<Position>().map(|position| position.to_string()).ok(), spelled.then_some(text));
        }

        /// Digits enough for a time, and one too many for a position: random text hardly ever is.
        #[test]
        fn positions_that_would_not_sort_are_rejected(millis in Position::MILLIS.end..253_402_207_200_000, x in any::<[u8; 16]>()) {
            let late = Position { at: Time::from_millis(millis).unwrap(), shared_id: SharedId::from_random(x) };
            prop_assert_eq!(late.to_string().parse::<Position>(), Err(InvalidPosition));
        }
    }
}
