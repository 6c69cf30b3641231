//! Positions in a list of conversations or orders.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::{SharedId, Time};

/// A position in a list: directly after the entry with this time and shared id. Positions sort by
/// time, oldest first, then by shared id.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Position {
    /// The time of the entry: its last activity in the inbox, or its creation in a customer's list.
    pub at: Time,
    /// The shared id of the entry.
    pub shared_id: SharedId,
}

impl Position {
    /// The valid times, in milliseconds since 1970: those with at most 14 digits, until the year
    /// 5138.
    pub const MILLIS: Range<i64> = 0..100_000_000_000_000;
}

/// The error for text that is not a position, has a time outside the valid range, or is not in the
/// only valid spelling.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a valid position")]
pub struct InvalidPosition;

/// The texts sort in the same order as the positions.
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

        /// These times are valid but have one digit too many. Random text hardly ever tests them.
        #[test]
        fn positions_that_would_not_sort_are_rejected(millis in Position::MILLIS.end..253_402_207_200_000, x in any::<[u8; 16]>()) {
            let late = Position { at: Time::from_millis(millis).unwrap(), shared_id: SharedId::from_random(x) };
            prop_assert_eq!(late.to_string().parse::<Position>(), Err(InvalidPosition));
        }
    }
}
