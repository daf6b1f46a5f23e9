//! What a serial port hears when the other side sends at another rate.

use rowfuse_spec::uart::BYTE_BITS;

/// What a receiver at `to` bits a second makes of bytes that are sent at `from`, one after the other, with a line at rest before and
/// behind them. Samples are taken in the middles of start, eight data and stop bit; a byte without a stop bit is dropped, and the next
/// start bit counts once the line has been high.
pub(super) fn heard(bytes: &[u8], from: u32, to: u32) -> Vec<u8> {
    let bits: Vec<bool> = bytes.iter().flat_map(|&byte| framed(byte)).collect();
    // Times in units in which both a sent bit (2·to) and half a heard bit (from) are whole.
    let (sent, half) = (2 * u64::from(to.max(1)), u64::from(from.max(1)));
    let level = |time: u64| bits.get((time / sent) as usize).copied().unwrap_or(true);
    let end = sent * bits.len() as u64;
    let mut heard = Vec::new();
    let mut time = 0;
    while time < end {
        if level(time) {
            time = (time / sent + 1) * sent; // the next edge
            continue;
        }
        let middle = |bit: u32| time + half * u64::from(2 * bit + 1);
        if level(middle(0)) {
            time = middle(0); // a glitch
            continue;
        }
        let stop = middle(BYTE_BITS - 1);
        if level(stop) {
            let byte = (0..8).fold(0, |byte, bit| {
                byte | u8::from(level(middle(bit + 1))) << bit
            });
            heard.push(byte);
            time = stop;
            continue;
        }
        time = stop;
        while time < end && !level(time) {
            time = (time / sent + 1) * sent;
        }
    }
    heard
}

/// Start bit, data with the lowest bit first, stop bit.
fn framed(byte: u8) -> impl Iterator<Item = bool> {
    let data = (0..8).map(move |bit| byte >> bit & 1 == 1);
    std::iter::once(false).chain(data).chain([true])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_heard_at_its_own_rate_and_a_little_beside_it() {
        let bytes: Vec<u8> = (0..=255).collect();
        for to in [115_200, 115_200 * 98 / 100, 115_200 * 102 / 100] {
            assert_eq!(heard(&bytes, 115_200, to), bytes, "{to}");
        }
    }

    #[test]
    fn another_rate_gives_something_else() {
        let bytes: Vec<u8> = (0..=255).collect();
        for (from, to) in [
            (115_200, 3_000_000),
            (3_000_000, 115_200),
            (115_200, 57_600),
            (9_600, 115_200),
        ] {
            let found = heard(&bytes, from, to);
            assert_ne!(found, bytes, "{from} to {to}");
            let right = bytes
                .windows(10)
                .any(|run| found.windows(10).any(|f| f == run));
            assert!(!right, "a frame gets through from {from} to {to}");
        }
        assert!(heard(&[], 1, 1).is_empty());
        // A zero at a slow rate is a break for a fast receiver, and nothing.
        assert!(heard(&[0], 9_600, 3_000_000).is_empty());
    }
}
