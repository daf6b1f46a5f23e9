//! The weight stream of a layer in external memory.

use super::map::check;
use crate::error::LayoutError;

/// Bytes of an entry: nine for each lane, padded to a whole word.
pub const fn entry_bytes(lanes: u32) -> u32 {
    (9 * lanes).next_multiple_of(2)
}

/// Bytes of a layer's weight stream.
pub const fn weight_bytes(cout: u32, cin: u32, lanes: u32) -> u32 {
    cout.div_ceil(lanes) * cin * entry_bytes(lanes)
}

/// The weight stream of kernels `[cout][cin][3][3]`: for each group of output channels and each input
/// channel an entry `[lane][3·ky + kx]`. Lanes beyond `cout` and padding are zero.
pub fn pack_weights(oihw: &[i8], cout: u32, cin: u32, lanes: u32) -> Result<Vec<u8>, LayoutError> {
    check("a kernel", oihw.len(), (cout * cin * 9) as usize)?;
    let mut bytes = vec![0; weight_bytes(cout, cin, lanes) as usize];
    each(cout, cin, lanes, |place, offset| {
        bytes[offset] = oihw[place] as u8
    });
    Ok(bytes)
}

/// The inverse of [`pack_weights`].
pub fn unpack_weights(
    bytes: &[u8],
    cout: u32,
    cin: u32,
    lanes: u32,
) -> Result<Vec<i8>, LayoutError> {
    check(
        "a weight stream",
        bytes.len(),
        weight_bytes(cout, cin, lanes) as usize,
    )?;
    let mut oihw = vec![0; (cout * cin * 9) as usize];
    each(cout, cin, lanes, |place, offset| {
        oihw[place] = bytes[offset] as i8
    });
    Ok(oihw)
}

/// Calls `visit` with every weight's place in `[cout][cin][9]` and its byte offset in the stream.
fn each(cout: u32, cin: u32, lanes: u32, mut visit: impl FnMut(usize, usize)) {
    for output in 0..cout {
        for input in 0..cin {
            let entry = (output / lanes) * cin + input;
            let offset = entry * entry_bytes(lanes) + (output % lanes) * 9;
            for tap in 0..9 {
                visit(
                    ((output * cin + input) * 9 + tap) as usize,
                    (offset + tap) as usize,
                );
            }
        }
    }
}
