//! Rates of a board's serial port: a phase accumulator of [`RATE_BITS`] bits.
//!
//! The accumulator grows by an *increment* each clock and wraps once a bit, so the bit rate is
//! clock · increment / 2^[`RATE_BITS`]. Bytes are eight bits, no parity, one stop bit. A board starts at
//! [`DEFAULT_BAUD`]; RATE asks for another increment.

use crate::frame::SILENCE_CLOCKS;

/// Bits of the phase accumulator.
pub const RATE_BITS: usize = 20;
/// Bits of a byte on the wire: start, eight of data, stop.
pub const BYTE_BITS: u32 = 10;
/// Fewest clocks a bit may last.
pub const MIN_BIT_CLOCKS: u32 = 8;
/// Largest increment: [`MIN_BIT_CLOCKS`] a bit.
pub const MAX_INCREMENT: u32 = (1 << RATE_BITS) / MIN_BIT_CLOCKS;
/// Smallest increment: a byte takes five sixths of the silence that ends a frame.
pub const MIN_INCREMENT: u32 = 192;
/// Rate of a board that was told none, in bits a second.
pub const DEFAULT_BAUD: u32 = 115_200;
/// Clocks for which a board must have sent nothing before it follows a RATE. Its reply goes out at the old rate;
/// a host sends nothing from that reply's end until these have passed.
pub const RATE_SETTLE_CLOCKS: u32 = 1024;
/// Clocks without a good frame after which a board is back at [`DEFAULT_BAUD`]: 1.7 s at 80 MHz.
pub const RATE_HOLD_CLOCKS: u32 = 1 << 27;

const _: () =
    assert!((BYTE_BITS as u64) << RATE_BITS < SILENCE_CLOCKS as u64 * MIN_INCREMENT as u64);

/// The increment nearest to `baud` bits a second at a clock of `clock_mhz` MHz; `None` if a board would refuse it.
pub const fn increment(baud: u32, clock_mhz: u32) -> Option<u32> {
    let clock = clock_mhz as u64 * 1_000_000;
    if clock == 0 {
        return None;
    }
    let nearest = (((baud as u64) << RATE_BITS) + clock / 2) / clock;
    if is_rate(nearest) {
        Some(nearest as u32)
    } else {
        None
    }
}

/// Bits a second of an increment at a clock of `clock_mhz` MHz, to the nearest.
pub const fn baud(increment: u32, clock_mhz: u32) -> u32 {
    let clock = clock_mhz as u64 * 1_000_000;
    ((clock * increment as u64 + (1 << (RATE_BITS - 1))) >> RATE_BITS) as u32
}

/// Whether a board accepts that increment.
pub const fn is_rate(increment: u64) -> bool {
    MIN_INCREMENT as u64 <= increment && increment <= MAX_INCREMENT as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn increments_are_the_nearest() {
        assert_eq!(increment(DEFAULT_BAUD, 80), Some(1510));
        assert_eq!(increment(3_000_000, 80), Some(39_322));
        for clock_mhz in 1..=250 {
            let usual = increment(DEFAULT_BAUD, clock_mhz).expect("every board starts somewhere");
            let error = baud(usual, clock_mhz).abs_diff(DEFAULT_BAUD);
            assert!(error <= DEFAULT_BAUD / 800, "{clock_mhz} MHz: {error}");
            for baud in [19_200, 921_600, 3_000_000, 12_000_000] {
                if let Some(found) = increment(baud, clock_mhz) {
                    let off = |candidate: u32| {
                        let scaled = u64::from(candidate) * u64::from(clock_mhz) * 1_000_000;
                        scaled.abs_diff(u64::from(baud) << RATE_BITS)
                    };
                    assert!(off(found) <= off(found - 1) && off(found) <= off(found + 1));
                }
            }
        }
    }

    #[test]
    fn rates_beyond_the_limits_are_none() {
        assert_eq!(increment(10_000_000, 80), Some(MAX_INCREMENT));
        assert_eq!(increment(10_000_100, 80), None);
        assert_eq!(increment(u32::MAX, 1), None);
        assert_eq!(increment(14_648, 80), Some(MIN_INCREMENT));
        assert_eq!(increment(14_600, 80), None);
        assert_eq!(increment(0, 80), None);
        assert_eq!(increment(9600, 0), None);
        assert_eq!(baud(MAX_INCREMENT, 80), 10_000_000);
    }
}
