//! From label values or ids to class indices: one table look-up per point.

use crate::NO_CLASS;

/// Entry of values that are neither a class nor ignored.
const UNKNOWN: i32 = -2;

/// A dense table over the values of a coding. Values are limited to 16 bits, so it stays small.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lookup {
    /// Value of the table's first entry.
    first: i32,
    table: Vec<i32>,
    /// What values outside the table are: [`NO_CLASS`] or [`UNKNOWN`].
    others: i32,
}

impl Lookup {
    /// A table of the values of the classes, in class order. `ignored` values are no class; so are all others where
    /// `ignored` is `None`.
    pub fn new(values: impl Iterator<Item = i32> + Clone, ignored: Option<&[i32]>) -> Self {
        let others = if ignored.is_some() { UNKNOWN } else { NO_CLASS };
        let ignored = ignored.unwrap_or_default();
        let all = || values.clone().chain(ignored.iter().copied());
        let (first, last) = (all().min().unwrap_or(0), all().max().unwrap_or(0));
        let mut table = vec![others; (last - first) as usize + 1];
        ignored.iter().for_each(|&value| table[(value - first) as usize] = NO_CLASS);
        values.zip(0..).for_each(|(value, class)| table[(value - first) as usize] = class);
        Lookup { first, table, others }
    }

    /// Class indices of values, [`NO_CLASS`] for ignored ones; or the index of the first unknown value.
    pub fn classes(&self, values: &[i32]) -> Result<Vec<i32>, usize> {
        // A value below `first` wraps around to an index past the end.
        let at = |value: i32| value.wrapping_sub(self.first) as u32 as usize;
        let class = |&value: &i32| self.table.get(at(value)).copied().unwrap_or(self.others);
        let classes: Vec<i32> = values.iter().map(class).collect();
        // A pass without an early exit is vectorised; the value at fault is only looked for if there is one.
        if classes.iter().fold(true, |known, &class| known & (class != UNKNOWN)) {
            return Ok(classes);
        }
        Err(classes.iter().position(|&class| class == UNKNOWN).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_the_edges() {
        let listed = Lookup::new([7, 3].into_iter(), Some(&[-1, 255]));
        assert_eq!(listed.classes(&[7, 3, -1, 255]), Ok(vec![0, 1, NO_CLASS, NO_CLASS]));
        for unknown in [4, -2, 256, i32::MIN, i32::MAX] {
            assert_eq!(listed.classes(&[7, unknown, unknown]), Err(1), "{unknown}");
        }
        let others = Lookup::new([7, 3].into_iter(), None);
        assert_eq!(others.classes(&[7, 3, 4, i32::MIN, i32::MAX]), Ok(vec![0, 1, NO_CLASS, NO_CLASS, NO_CLASS]));
        assert_eq!(others.classes(&[]), Ok(vec![]));
    }
}
