//! What a board's memory holds, without reading it back.

use std::ops::ControlFlow;

use rowfuse_spec::frame::{Request, CHECKSUM_BYTES, KIND_CHECKSUM};

use super::client::answered;
use super::{Board, BoardError, Client};

impl<B: Board> Client<B> {
    /// The CRC-32 of each place in the board's memory: byte address and length, both even, 2 to 65,534 bytes.
    ///
    /// # Errors
    /// If a place is not in the memory, or the link fails.
    pub fn checksums(&mut self, places: &[(u32, u16)]) -> Result<Vec<u32>, BoardError> {
        let mut requests = places
            .iter()
            .map(|&(address, length)| Request::Checksum { address, length });
        let mut sums = Vec::with_capacity(places.len());
        let mut failed = None;
        let done = self
            .board()
            .requests(&mut requests, &mut |_, reply| match answered(
                KIND_CHECKSUM,
                reply,
                CHECKSUM_BYTES,
            ) {
                Ok(bytes) => {
                    let sum = bytes
                        .iter()
                        .rev()
                        .fold(0, |sum, &byte| sum << 8 | u32::from(byte));
                    sums.push(sum);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            });
        failed.map_or(done, Err).map(|()| sums)
    }
}
