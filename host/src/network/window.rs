//! How a kernel or a pool goes over a map.

use serde::{Deserialize, Serialize};

/// Kernel, strides and padding, in pixels; rows before columns. Output row `y` reads input rows `y·stride − padding` on, as many as the
/// kernel has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// Rows and columns of the kernel, at least 1 and at most [`Window::MAX_KERNEL`].
    pub kernel: [usize; 2],
    /// Rows and columns from one place to the next, at least 1 and at most [`Window::MAX_KERNEL`].
    pub stride: [usize; 2],
    /// Rows and columns beyond the map, in ONNX's order: top, left, bottom, right; each less than the kernel.
    pub padding: [usize; 4],
}

impl Window {
    /// Largest kernel and stride: of AlexNet's first layer, and room beyond it.
    pub const MAX_KERNEL: usize = 16;

    /// The engine's own: 3×3, stride 1, padding 1.
    pub const CONV3: Window = Window::square(3, 1, 1);

    /// The pool that the engine has: 2×2, stride 2.
    pub const POOL2: Window = Window::square(2, 2, 0);

    /// The same in both directions.
    pub const fn square(kernel: usize, stride: usize, padding: usize) -> Window {
        Window {
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [padding; 4],
        }
    }

    /// Whether it is the engine's own convolution.
    pub fn is_native(&self) -> bool {
        *self == Window::CONV3
    }

    /// Padding before and behind the map along an axis: 0 for rows, 1 for columns.
    pub const fn padding_of(&self, axis: usize) -> [usize; 2] {
        [self.padding[axis], self.padding[axis + 2]]
    }

    /// Whether kernel, strides and padding are within their ranges.
    pub fn is_valid(&self) -> bool {
        let sides = [0, 1].into_iter();
        let good = |size: &usize| (1..=Window::MAX_KERNEL).contains(size);
        self.kernel.iter().chain(&self.stride).all(good)
            && sides.into_iter().all(|axis| {
                let padding = self.padding_of(axis);
                padding.iter().all(|&padding| padding < self.kernel[axis])
            })
    }

    /// Rows and columns of what comes of a map; `None` if the kernel does not fit into the padded map.
    pub fn output(&self, height: usize, width: usize) -> Option<[usize; 2]> {
        let places = |axis: usize, size: usize| {
            let [before, behind] = self.padding_of(axis);
            let room = (size + before + behind).checked_sub(self.kernel[axis])?;
            Some(room / self.stride[axis] + 1)
        };
        Some([places(0, height)?, places(1, width)?])
    }

    /// The pixels of an axis of `size` that place `index` covers, those beyond the map left out; and how many the kernel has there, padding
    /// included.
    pub fn covered(&self, axis: usize, size: usize, index: usize) -> std::ops::Range<usize> {
        let first = index * self.stride[axis];
        let before = self.padding[axis];
        let end = (first + self.kernel[axis]).saturating_sub(before);
        first.saturating_sub(before).min(size)..end.min(size)
    }
}

impl std::fmt::Display for Window {
    /// Such as `5×5, stride 2×2, padding 0,0,0,0`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ([kh, kw], [sh, sw], [t, l, b, r]) = (self.kernel, self.stride, self.padding);
        write!(f, "{kh}×{kw}, stride {sh}×{sw}, padding {t},{l},{b},{r}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_torch() {
        for (window, size, expected) in [
            (Window::CONV3, 32, Some([32, 32])),
            (Window::square(5, 1, 0), 32, Some([28, 28])),
            (Window::square(7, 2, 3), 224, Some([112, 112])),
            (Window::square(11, 4, 2), 224, Some([55, 55])),
            (Window::square(3, 2, 0), 55, Some([27, 27])),
            (Window::POOL2, 5, Some([2, 2])),
            (Window::square(5, 1, 0), 4, None),
        ] {
            assert_eq!(window.output(size, size), expected, "{window} of {size}");
        }
    }

    #[test]
    fn what_is_covered_lies_in_the_map() {
        let window = Window::square(3, 2, 1);
        let covered = |index| window.covered(0, 6, index);
        assert_eq!([covered(0), covered(1), covered(2)], [0..2, 1..4, 3..6]);
        let [rows, _] = window.output(6, 6).unwrap();
        assert_eq!(rows, 3);
    }

    #[test]
    fn ranges_are_checked() {
        assert!(Window::CONV3.is_valid() && Window::POOL2.is_valid());
        assert!(Window::square(1, 1, 0).is_valid() && Window::square(16, 16, 15).is_valid());
        for bad in [
            Window::square(0, 1, 0),
            Window::square(3, 0, 1),
            Window::square(3, 1, 3),
            Window::square(17, 1, 0),
        ] {
            assert!(!bad.is_valid(), "{bad}");
        }
    }
}
