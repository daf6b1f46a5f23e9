//! Values compared, and those that differ.

use ndarray::Array3;
use std::fmt;

/// How values differ.
#[derive(Default)]
pub struct Counts {
    pub all: usize,
    pub by_one: usize,
    pub by_more: usize,
}

impl Counts {
    pub fn add(&mut self, found: &Array3<u8>, expected: &Array3<u8>) {
        assert_eq!(found.dim(), expected.dim());
        for (found, expected) in found.iter().zip(expected) {
            self.all += 1;
            match found.abs_diff(*expected) {
                0 => {}
                1 => self.by_one += 1,
                _ => self.by_more += 1,
            }
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            all,
            by_one,
            by_more,
        } = self;
        write!(f, "{all} values, {by_one} differ by 1, {by_more} by more")
    }
}
