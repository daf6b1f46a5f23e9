//! What a board's memory holds, without reading it back.

use std::ops::ControlFlow;

use rowfuse_spec::frame::{Request, CHECKSUM_BYTES, KIND_CHECKSUM};

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
        self.ask_all(
            KIND_CHECKSUM,
            &mut requests,
            &|_| CHECKSUM_BYTES,
            &mut |_, payload| {
                sums.extend(
                    payload
                        .first_chunk()
                        .map(|bytes| u32::from_le_bytes(*bytes)),
                );
                ControlFlow::Continue(())
            },
        )?;
        Ok(sums)
    }
}
