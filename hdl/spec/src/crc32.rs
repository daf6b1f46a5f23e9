//! CRC-32/ISO-HDLC, the check of every frame.
//!
//! The parameters come from the `crc` crate's catalogue. [`crc32_step`] is the raw register update
//! from which the hardware derives its XOR network; a test ties it to the catalogue.

use crc::{Algorithm, Crc, CRC_32_ISO_HDLC};

const ALGORITHM: &Algorithm<u32> = &CRC_32_ISO_HDLC;
const TABLE: Crc<u32> = Crc::<u32>::new(ALGORITHM);

/// The generator polynomial, most significant coefficient first, without x^32.
pub const CRC32_POLYNOMIAL: u32 = ALGORITHM.poly;
/// The generator polynomial with its bits reversed: the register shifts right.
pub const CRC32_POLYNOMIAL_REFLECTED: u32 = ALGORITHM.poly.reverse_bits();
/// State of the register before the first byte.
pub const CRC32_INIT: u32 = ALGORITHM.init;
/// XORed onto the state after the last byte.
pub const CRC32_XOROUT: u32 = ALGORITHM.xorout;

/// The CRC of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    TABLE.checksum(bytes)
}

/// The register after one more byte. Start from [`CRC32_INIT`]; XOR [`CRC32_XOROUT`] at the end.
pub const fn crc32_step(state: u32, byte: u8) -> u32 {
    let mut state = state ^ byte as u32;
    let mut bit = 0;
    while bit < 8 {
        let feedback = if state & 1 == 1 {
            CRC32_POLYNOMIAL_REFLECTED
        } else {
            0
        };
        state = (state >> 1) ^ feedback;
        bit += 1;
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn check_value_of_the_catalogue() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    proptest! {
        #[test]
        fn steps_equal_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let state = bytes.iter().fold(CRC32_INIT, |state, &byte| crc32_step(state, byte));
            prop_assert_eq!(state ^ CRC32_XOROUT, crc32(&bytes));
        }
    }
}
