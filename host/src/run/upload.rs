//! What a plan needs in the board's memory: written, unless it still stands there from an earlier run.

use std::ops::ControlFlow;

use rowfuse_spec::crc32::crc32;
use rowfuse_testbench::board::{Board, BoardError, Client};

use super::RunError;
use crate::plan::Segment;

/// Bytes that are judged by one checksum.
const PIECE: usize = 32 * 1024;

/// What it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uploaded {
    /// Bytes written.
    pub written: u64,
    /// Bytes that stood there already.
    pub kept: u64,
}

/// Has all segments in the board's memory. One that keeps its memory is asked for checksums, and only pieces that differ are written: so
/// an upload survives between runs, and one that was interrupted is taken up again. A program that an earlier host left running
/// is ended first.
///
/// `progress` gets the bytes done so far; a break stops.
///
/// # Errors
/// If the link fails, or on a break.
pub fn upload<B: Board>(
    client: &mut Client<B>,
    segments: &[Segment],
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Uploaded, BoardError> {
    let pieces: Vec<Piece> = pieces(segments).collect();
    let stands = match client.board().keeps_memory() {
        true => {
            client.abort()?;
            stands(client, &pieces)?
        }
        false => vec![false; pieces.len()],
    };
    let mut done = Uploaded::default();
    let mut stands = stands.into_iter();
    for segment in segments {
        let stands: Vec<bool> = stands
            .by_ref()
            .take(segment.bytes.len().div_ceil(PIECE))
            .collect();
        // Neighbours are written in one go, as the end of each transfer is waited for.
        let mut begin = 0;
        for run in stands.chunk_by(|one, next| one == next) {
            let end = segment.bytes.len().min(begin + run.len() * PIECE);
            let bytes = &segment.bytes[begin..end];
            let before = done.written + done.kept;
            if run[0] {
                done.kept += bytes.len() as u64;
                if progress(done.written + done.kept).is_break() {
                    return Err(BoardError::Interrupted);
                }
            } else {
                let address = segment.address + begin as u32;
                client.write_with(address, bytes, &mut |now| progress(before + now as u64))?;
                done.written += bytes.len() as u64;
            }
            begin = end;
        }
    }
    Ok(done)
}

/// Makes sure that what was uploaded stood there to the end, on a board whose memory could have been lost meanwhile.
///
/// # Errors
/// If it does not, or the link fails.
pub fn confirm<B: Board>(client: &mut Client<B>, segments: &[Segment]) -> Result<(), RunError> {
    if !client.board().keeps_memory() {
        return Ok(());
    }
    let pieces: Vec<Piece> = pieces(segments).collect();
    let stands = stands(client, &pieces)?;
    match pieces.iter().zip(stands).find(|(_, stands)| !stands) {
        None => Ok(()),
        Some((piece, _)) => Err(RunError::Memory {
            what: piece.what.to_owned(),
            address: piece.address,
        }),
    }
}

/// Part of a segment.
struct Piece<'a> {
    what: &'a str,
    address: u32,
    bytes: &'a [u8],
}

fn pieces(segments: &[Segment]) -> impl Iterator<Item = Piece<'_>> {
    segments.iter().flat_map(|segment| {
        let chunks = segment.bytes.chunks(PIECE).enumerate();
        chunks.map(|(index, bytes)| Piece {
            what: &segment.what,
            address: segment.address + (index * PIECE) as u32,
            bytes,
        })
    })
}

/// Whether each piece stands in the board's memory.
fn stands<B: Board>(client: &mut Client<B>, pieces: &[Piece]) -> Result<Vec<bool>, BoardError> {
    let places: Vec<(u32, u16)> = pieces
        .iter()
        .map(|piece| (piece.address, piece.bytes.len() as u16))
        .collect();
    let sums = client.checksums(&places)?;
    let pairs = pieces.iter().zip(sums);
    Ok(pairs
        .map(|(piece, sum)| crc32(piece.bytes) == sum)
        .collect())
}
