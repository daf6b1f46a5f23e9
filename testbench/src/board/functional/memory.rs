//! The external memory.

use rand::RngCore;

use crate::board::device::noise;

/// Bytes of the external memory; addresses wrap at its end, as those of a memory do that decodes no
/// more bits than it needs.
pub(super) struct Memory {
    bytes: Vec<u8>,
}

impl Memory {
    /// A zeroed memory of that many bytes.
    pub(super) fn new(bytes: u64) -> Memory {
        Memory {
            bytes: vec![0; bytes as usize],
        }
    }

    /// Fills it with noise of that seed.
    pub(super) fn scramble(&mut self, seed: u64) {
        noise(seed).fill_bytes(&mut self.bytes);
    }

    /// `length` bytes from a byte address on, if they are all there.
    pub(super) fn slice_mut(&mut self, address: u32, length: usize) -> Option<&mut [u8]> {
        let start = address as usize;
        self.bytes.get_mut(start..start.checked_add(length)?)
    }

    /// `N` bytes from a word address on.
    #[inline]
    pub(super) fn read<const N: usize>(&self, word_address: u32) -> [u8; N] {
        let start = 2 * word_address as usize;
        match self.bytes.get(start..start + N) {
            Some(bytes) => std::array::from_fn(|n| bytes[n]),
            None => std::array::from_fn(|n| self.bytes[(start + n) % self.bytes.len()]),
        }
    }

    /// Writes bytes from a word address on.
    #[inline]
    pub(super) fn write<const N: usize>(&mut self, word_address: u32, bytes: [u8; N]) {
        let start = 2 * word_address as usize;
        let length = self.bytes.len();
        for (n, byte) in bytes.into_iter().enumerate() {
            self.bytes[(start + n) % length] = byte;
        }
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({} bytes)", self.bytes.len())
    }
}
