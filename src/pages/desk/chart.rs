//! A chart of days: two counts a day as bars that stand on each other, drawn here and without script. The numbers stand in a
//! table beside it.

/// A bar of the chart: one day, in the units of the drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bar {
    /// Its place from the left; a day is ten wide.
    pub x: u64,
    /// How high the lower part is.
    pub lower: u64,
    /// Where the lower part begins, from above.
    pub lower_y: u64,
    /// How high the upper part is.
    pub upper: u64,
    /// Where the upper part begins.
    pub upper_y: u64,
}

/// How high the drawing is.
pub(super) const HEIGHT: u64 = 1000;
/// How wide a day is.
const DAY: u64 = 10;

/// The bars of a row of days, the highest as high as the drawing.
pub(super) fn bars(days: &[(u64, u64)]) -> Vec<Bar> {
    let highest = highest(days).max(1);
    let of = |count: u64| count.saturating_mul(HEIGHT) / highest;
    let bar = |(at, (lower, upper)): (u64, &(u64, u64))| {
        // The whole is rounded once, so that no bar stands out of the drawing.
        let (lower, whole) = (of(*lower), of(lower.saturating_add(*upper)));
        Bar { x: at * DAY + 1, lower, lower_y: HEIGHT - lower, upper: whole - lower, upper_y: HEIGHT - whole }
    };
    (0..).zip(days).map(bar).collect()
}

/// How wide the drawing is.
pub(super) const fn width(days: usize) -> u64 {
    days as u64 * DAY
}

/// The most of a day.
pub(super) fn highest(days: &[(u64, u64)]) -> u64 {
    days.iter().map(|(lower, upper)| lower.saturating_add(*upper)).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_the_ground_and_on_each_other_and_within_the_drawing() {
        for days in [vec![(3, 4), (0, 0), (7, 0), (0, 1)], vec![(0, 0)], vec![(1, u64::MAX / 2)], Vec::new()]
        {
            for (bar, (lower, upper)) in bars(&days).iter().zip(&days) {
                assert_eq!(bar.lower_y + bar.lower, HEIGHT);
                assert_eq!(bar.upper_y + bar.upper, bar.lower_y);
                assert!(bar.lower > 0 || *lower < 1 + highest(&days) / HEIGHT);
                assert!(bar.upper > 0 || *upper < 1 + highest(&days) / HEIGHT);
            }
        }
        assert_eq!(bars(&[(5, 5), (2, 0)])[0].upper_y, 0, "the highest is as high as the drawing");
    }
}
