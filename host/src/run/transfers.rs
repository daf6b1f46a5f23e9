//! What moves over the link while the board computes.

use rowfuse_spec::frame::MAX_DATA;
use rowfuse_spec::layout::FeatureMap;
use rowfuse_testbench::board::{Board, Client};

use super::{unpacked, RunError, StreamEvent};

/// Bytes that are moved before anybody is told.
const STEP: usize = 16 * MAX_DATA;

/// What is to be moved: first an output, which the classifier waits for, then an input.
pub(super) struct Transfers<'a> {
    /// Which image's output, and where it is.
    output: Option<(usize, FeatureMap)>,
    /// As much of it as is read.
    arrived: Vec<u8>,
    /// The rest of an input, and where that goes.
    input: Option<(u32, &'a [u8])>,
    /// Bytes written so far.
    pub written: u64,
    /// Bytes read so far.
    pub read: u64,
}

impl<'a> Transfers<'a> {
    /// An image's output, of the image's place in the batch, and an input with its byte address.
    pub fn new(output: Option<(usize, FeatureMap)>, input: Option<(u32, &'a [u8])>) -> Self {
        Transfers {
            output,
            arrived: Vec::new(),
            input,
            written: 0,
            read: 0,
        }
    }

    /// Moves some frames of the link, and hands on an output that is complete; nothing if all was done already.
    pub fn step<B: Board>(
        &mut self,
        client: &mut Client<B>,
    ) -> Result<Option<Option<StreamEvent>>, RunError> {
        if let Some((index, map)) = self.output {
            let done = self.arrived.len();
            let length = (map.bytes() as usize - done).min(STEP);
            let bytes = client.read(map.base + done as u32, length)?;
            self.read += bytes.len() as u64;
            self.arrived.extend(bytes);
            if self.arrived.len() < map.bytes() as usize {
                return Ok(Some(None));
            }
            self.output = None;
            let output = unpacked(&map, &self.arrived)?;
            return Ok(Some(Some(StreamEvent::Output { index, output })));
        }
        let Some((address, bytes)) = self.input else {
            return Ok(None);
        };
        let (now, later) = bytes.split_at(bytes.len().min(STEP));
        client.write(address, now)?;
        self.written += now.len() as u64;
        let rest = (address + now.len() as u32, later);
        self.input = (!later.is_empty()).then_some(rest);
        Ok(Some(None))
    }
}
