//! The median and range of several measurements.

use serde::{Deserialize, Serialize};

/// The median, the lowest and the highest of several measurements.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// The spread of these values; all zero if there are none.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let (Some(low), Some(high)) = (values.first(), values.last()) else { return Self::default() };
        let (above, below) = (values[values.len() / 2], values[(values.len() - 1) / 2]);
        Self { median: f64::midpoint(above, below), low: *low, high: *high }
    }
}

/// A count as a floating-point number, exact up to 2^52.
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub(crate) fn float(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_is_the_midpoint() {
        let spread = Spread::of([4.0, 1.0, 3.0, 2.0]);
        assert_eq!((spread.low, spread.median, spread.high), (1.0, 2.5, 4.0));
    }
}
